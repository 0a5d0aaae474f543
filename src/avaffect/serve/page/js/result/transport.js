/** Buttons under the video: play, step, speed, and a slider that is the playhead. */

import { element } from "../dom.js";
import { clock } from "../words.js";

const RATES = [0.25, 0.5, 1, 1.5, 2];

export class Transport {
  /** @param {Player} player @param {{onBoxes: (on: boolean) => void}} told */
  constructor(player, { onBoxes }) {
    this.player = player;
    const button = (text, label, press) => element("button", { type: "button", "aria-label": label, title: label, onclick: press }, text);
    this.play = button("▶", "Play", () => player.toggle());
    this.slider = element("input", {
      type: "range", min: 0, max: player.duration, step: 0.01, value: 0, "aria-label": "Time",
      oninput: () => player.seek(Number(this.slider.value)),
    });
    this.time = element("span", { class: "time" });
    const rate = element("select", { "aria-label": "Speed", onchange: () => player.setRate(Number(rate.value)) }, RATES.map((one) => element("option", { value: one, selected: one === 1 }, `${one}×`)));
    this.boxes = element("label", { class: "check", for: "boxes" }, element("input", { type: "checkbox", id: "boxes", checked: true, onchange: (event) => onBoxes(event.target.checked) }), "Face boxes");
    this.node = element(
      "div",
      { class: "transport", role: "group", "aria-label": "Play" },
      button("−5", "Back 5 seconds", () => player.by(-5)),
      this.play,
      button("+5", "Forward 5 seconds", () => player.by(5)),
      this.slider,
      this.time,
      rate,
      this.boxes,
    );
    player.addEventListener("state", () => this.draw());
    player.addEventListener("time", () => this.drawTime());
    this.drawTime();
  }

  /** Face boxes can be switched where the page draws them: not over sound, or a video that has its own. */
  offerBoxes(drawn) {
    this.boxes.hidden = !drawn;
  }

  draw() {
    const word = this.player.playing ? "Pause" : "Play";
    this.play.textContent = this.player.playing ? "❚❚" : "▶";
    this.play.setAttribute("aria-label", word);
    this.play.title = word;
  }

  drawTime() {
    const { time, duration } = this.player;
    this.slider.value = time;
    const words = `${clock(time)} / ${clock(duration)}`;
    if (this.time.textContent === words) return;
    this.time.textContent = words;
    this.slider.setAttribute("aria-valuetext", `${clock(time)} of ${clock(duration)}`);
  }
}
