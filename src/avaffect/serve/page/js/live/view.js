/** Live: camera and microphone to the server, traces back while they run. */

import { announce } from "../announce.js";
import { element, replace } from "../dom.js";
import { problem } from "../problem.js";
import { Boxes } from "../result/boxes.js";
import { theme } from "../theme.js";
import { Capture } from "./capture.js";
import { Delay } from "./delay.js";
import { LiveChart } from "./chart.js";
import { LivePeople } from "./people.js";
import { Stream } from "./stream.js";

const NUMBERS_EVERY = 250; // ms: more often nobody can read them

export async function show(main) {
  const view = new LiveView();
  replace(
    main,
    element("h1", {}, "Live"),
    element("p", { class: "lead" }, "Valence and arousal from your camera and microphone, while you watch. Pictures and sound go to the program that shows this page, and nowhere else. Tell everyone who can be seen or heard."),
    view.node,
  );
  return () => view.end();
}

class LiveView {
  constructor() {
    this.video = element("video", { muted: true, playsinline: true, "aria-label": "Camera" });
    this.video.muted = true;
    this.canvas = element("canvas", { class: "boxes", "aria-hidden": "true" });
    this.boxes = new Boxes(this.video, this.canvas);
    this.chart = new LiveChart();
    this.delay = new Delay();
    this.button = element("button", { type: "button", class: "primary", onclick: () => (this.running ? this.stop() : this.start()) }, "Start");
    this.save = element("input", { type: "checkbox", id: "save", checked: true });
    this.trouble = element("div");
    this.state = element("p", { role: "status" });
    this.values = element("div", { class: "live-values" });
    this.node = element(
      "div",
      {},
      element(
        "div",
        { class: "row" },
        this.button,
        element("label", { class: "check", for: "save" }, this.save, "Keep the result when I stop (numbers only, no pictures and no sound)"),
      ),
      this.trouble,
      this.state,
      element("div", { class: "stage" }, element("div", { class: "screen" }, this.video, this.canvas), element("div", { class: "now" }, this.delay.node, this.values)),
      element("section", { class: "panel", "aria-labelledby": "live-title" }, element("h2", { id: "live-title" }, "The last 30 seconds"), this.chart.node),
    );
    this.onTheme = () => this.chart.draw();
    theme.addEventListener("change", this.onTheme);
  }

  async start() {
    replace(this.trouble);
    this.button.disabled = true;
    this.say("Asking for camera and microphone …");
    this.people = new LivePeople();
    this.delay.reset();
    try {
      this.capture = new Capture(this.video);
      await this.capture.open();
      this.say("Loading the model …");
      this.stream = new Stream({ ticks: (answer) => this.show(answer), closed: (error) => this.closed(error) });
      const hello = await this.stream.open();
      await this.capture.start(hello, this.stream);
    } catch (error) {
      this.release();
      this.button.disabled = false;
      this.say("");
      replace(this.trouble, problem(error));
      return;
    }
    this.running = true;
    this.told = 0;
    this.button.textContent = "Stop";
    this.button.disabled = false;
    this.say("Running. The first numbers come once somebody is seen or heard.");
    this.frame = requestAnimationFrame(() => this.draw());
  }

  /** Ticks from the server: what is known of each moment. */
  show({ ticks, dropped }) {
    const now = this.capture.now();
    for (const tick of ticks) {
      this.people.add(tick);
      this.delay.add(now - tick.time); // its picture is of the middle or later
    }
    this.delay.pictures(this.capture.sent - dropped, now);
    this.fresh = true;
  }

  /** As often as the screen shows a picture: what came, and a few times a second the numbers. */
  draw() {
    if (!this.running) return;
    if (this.fresh) {
      this.fresh = false;
      this.chart.show(this.people, this.capture.now());
      this.boxes.draw(this.people.now, 0);
    }
    const now = performance.now();
    if (this.people.latest && now - this.told > NUMBERS_EVERY) {
      if (!this.told) this.say("Running.");
      this.told = now;
      replace(this.values, this.people.table());
      this.delay.draw();
    }
    this.frame = requestAnimationFrame(() => this.draw());
  }

  async stop() {
    this.button.disabled = true;
    this.say("Finishing …");
    this.running = false;
    this.capture.end();
    const saved = await this.stream.stop(this.save.checked);
    this.release();
    this.button.textContent = "Start";
    this.button.disabled = false;
    if (this.stream.error) replace(this.trouble, problem(this.stream.error));
    this.say(saved ? "Stopped. " : "Stopped. Nothing was kept.");
    if (saved) this.state.append(element("a", { href: `#/result/${saved}` }, "Open the result"));
    announce(this.state.textContent);
  }

  closed(error) {
    if (!this.running) return;
    this.running = false;
    this.release();
    this.button.textContent = "Start";
    this.say("");
    replace(this.trouble, problem(error));
  }

  say(text) {
    this.state.textContent = text;
  }

  release() {
    cancelAnimationFrame(this.frame);
    this.capture?.end();
    this.stream?.end();
  }

  end() {
    this.running = false;
    theme.removeEventListener("change", this.onTheme);
    this.release();
  }
}
