/** One result: the recording, its people, and everything that moves with the playhead. */

import { predictions, request } from "../api.js";
import { announce } from "../announce.js";
import { element, labelled, replace } from "../dom.js";
import { listenToKeys } from "../keys.js";
import { known, problem } from "../problem.js";
import { theme } from "../theme.js";
import { clock } from "../words.js";
import { Boxes } from "./boxes.js";
import { Chart } from "./chart.js";
import { Circumplex } from "./circumplex.js";
import { detail, detailWords } from "./detail.js";
import { Downloads } from "./downloads.js";
import { Edits, viewOf } from "./edits.js";
import { Media } from "./media.js";
import { Moment, spokenMoment } from "./moment.js";
import { People } from "./people.js";
import { Player } from "./player.js";
import { Spans } from "./spans.js";
import { Summary } from "./summary.js";
import { swatch } from "./swatch.js";
import { Table } from "./table.js";
import { Trace } from "./trace.js";
import { Transport } from "./transport.js";

export async function show(main, [id]) {
  const [job] = (await predictions()).filter((one) => one.id === id);
  if (!job) throw known("This recording is no longer on the server. Send it again under Recordings.");
  if (job.state !== "done") throw known(`${job.name} is not done yet. Wait for it under Recordings.`);
  const prediction = await request(`/v1/predictions/${id}${detail(job.duration)}`);
  const view = new ResultView(prediction);
  await view.start(main);
  return () => view.end();
}

class ResultView {
  constructor(prediction) {
    this.prediction = prediction;
    this.original = new Trace(prediction);
    this.trace = this.original;
    this.focus = this.original.main?.track ?? null;
    this.relative = false;
    this.edits = new Edits(prediction.id);
    this.player = new Player(prediction.result.duration, frameOf(this.original));
    this.media = new Media(prediction, this.player);
    this.boxes = new Boxes(this.media.video, this.media.canvas);
    this.media.node.addEventListener("picture", (event) => this.transport.offerBoxes(event.detail));
    this.transport = new Transport(this.player, { onBoxes: (on) => this.showBoxes(on) });
    this.circumplex = new Circumplex();
    this.moment = new Moment();
    this.chart = new Chart(this.player.duration);
    this.people = new People({ edits: this.edits, onFocus: (track) => this.setFocus(track) });
    this.spans = new Spans({ edits: this.edits, player: this.player, onMarking: (on) => this.chart.setMarking(on) });
    this.summary = new Summary();
    this.table = new Table(this.player);
    this.downloads = new Downloads(prediction, this.edits);
    this.trouble = element("div");
    this.legend = element("ul", { class: "legend", "aria-label": "Colours" });
    this.scale = element("p", { class: "faint" });
    this.resetButton = element("button", { type: "button", onclick: () => this.edits.reset() }, "Undo all changes");
    this.relativeField = element("input", { type: "checkbox", id: "relative", onchange: (event) => this.setRelative(event.target.checked) });
  }

  async start(main) {
    const { prediction, original } = this;
    document.title = `${prediction.name} · avaffect`;
    replace(
      main,
      element("p", {}, element("a", { href: "#/" }, "← All recordings")),
      element("h1", {}, prediction.name),
      element("p", { class: "faint" }, `${clock(this.player.duration)} · ${headcount(original)} · model ${prediction.model}. The numbers say how expressions come across to raters, not what anyone feels.`),
      this.trouble,
      element("div", { class: "stage" }, element("div", {}, this.media.node, this.transport.node), element("div", { class: "now" }, this.circumplex.node, this.moment.node)),
      element("section", { class: "panel", "aria-labelledby": "chart-title" }, element("h2", { id: "chart-title" }, "Over time"), this.chartTools(), this.legend, this.chart.node, this.scale),
      element("div", { class: "columns" }, this.people.node, this.spans.node),
      this.summary.node,
      this.table.node,
      this.downloads.node,
      terms(prediction.result.meta),
    );
    this.summary.show(prediction.result.summary, original);
    this.listen();
    await this.chart.start(this.shown());
    this.draw();
    if (this.edits.changed) await this.recompute();
  }

  listen() {
    this.player.addEventListener("time", () => this.drawMoment());
    this.chart.addEventListener("seek", (event) => this.player.seek(event.detail));
    this.chart.addEventListener("mark", (event) => this.spans.set(event.detail));
    this.chart.addEventListener("range", () => this.drawScale());
    this.edits.addEventListener("change", () => this.recompute());
    this.onTheme = () => this.draw();
    theme.addEventListener("change", this.onTheme);
    const { player, chart } = this;
    this.endKeys = listenToKeys({
      toggle: () => player.toggle(),
      back: () => player.by(-5),
      pause: () => player.pause(),
      forward: () => player.by(5),
      left: () => player.by(-1),
      right: () => player.by(1),
      previous: () => player.by(-player.frame),
      next: () => player.by(player.frame),
      start: () => player.seek(0),
      end: () => player.seek(player.duration),
      closer: () => chart.zoom(2),
      wider: () => chart.zoom(0.5),
      whole: () => chart.whole(),
      from: () => this.spans.setNow("from"),
      to: () => this.spans.setNow("to"),
      read: () => announce(`${clock(player.time)}. ${spokenMoment(this.trace.people, player.time)}`),
    });
  }

  chartTools() {
    const button = (text, label, press) => element("button", { type: "button", "aria-label": label, title: label, onclick: press }, text);
    this.focusField = element("select", { onchange: () => this.setFocus(Number(this.focusField.value)) });
    this.relativeLabel = element("label", { class: "check", for: "relative" }, this.relativeField, "Relative to the baseline");
    return element(
      "div",
      { class: "row tools" },
      button("+", "Zoom in", () => this.chart.zoom(2)),
      button("−", "Zoom out", () => this.chart.zoom(0.5)),
      button("Whole", "Show the whole recording", () => this.chart.whole()),
      labelled("Strips of", this.focusField),
      this.relativeLabel,
      this.resetButton,
    );
  }

  /** Ask the server for the result under the edits, and show it. The last change wins. */
  async recompute() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.drawEdits();
    try {
      const { value } = this.edits;
      const result = this.edits.changed ? await viewOf(this.prediction.id, value, detail(this.player.duration)) : this.prediction.result;
      if (turn !== this.turn) return;
      this.trace = new Trace({ ...this.prediction, result, allTracks: this.original.allTracks }, value.names);
      replace(this.trouble);
      this.summary.show(result.summary, this.trace);
      await this.draw();
      announce("The result is computed anew.");
    } catch (error) {
      replace(this.trouble, problem(error, () => this.recompute()));
    }
  }

  async draw() {
    if (!this.trace.people.some((person) => person.track === this.focus)) this.focus = this.trace.main?.track ?? null;
    const hasRelative = this.trace.people.some((person) => person.has("valence_rel") || person.has("arousal_rel"));
    this.relativeLabel.hidden = !hasRelative;
    this.relative = hasRelative && this.relativeField.checked;
    this.drawEdits();
    this.table.show(this.trace);
    const options = this.trace.people.map((person) => element("option", { value: person.track ?? -1, selected: person.track === this.focus }, person.name));
    replace(this.focusField, options);
    replace(this.legend, this.trace.people.filter((person) => person.has("valence")).map((person) => element("li", {}, swatch(person), person.name)));
    await this.chart.show(this.shown());
    this.drawScale();
    this.drawMoment();
  }

  /** What the reader changed; also when the server refuses it, so that it can be undone. */
  drawEdits() {
    this.resetButton.hidden = !this.edits.changed;
    this.people.draw(this.trace, this.original.allTracks, this.focus);
    this.spans.draw(this.trace);
  }

  drawMoment() {
    const { time, playing } = this.player;
    this.chart.setTime(time, playing);
    this.circumplex.draw(this.trace.people, time);
    this.moment.draw(this.trace.people, time);
    this.boxes.draw(this.media.drawnIn ? [] : this.trace.people, time);
  }

  drawScale() {
    const { step, range } = this.chart;
    this.scale.textContent = `${clock(range[0])} to ${clock(range[1])}. ${detailWords(step, this.player.duration)} In the strips, a stronger colour is more; a dotted line is where there is nothing to tell. The shaded band is meant to hold raters' values 9 times in 10.`;
  }

  shown() {
    const { people } = this.trace;
    const focus = people.find((person) => person.track === this.focus) ?? people[0];
    const { excluded, baseline } = this.edits.value;
    return { people, focus, relative: this.relative, excluded, baseline };
  }

  setFocus(track) {
    this.focus = track < 0 ? null : track;
    this.draw();
  }

  setRelative(on) {
    this.relative = on;
    this.draw();
  }

  showBoxes(on) {
    this.boxes.shown = on;
    this.drawMoment();
  }

  end() {
    document.title = "avaffect";
    theme.removeEventListener("change", this.onTheme);
    this.endKeys();
    this.player.end();
    this.media.end();
    this.chart.end();
  }
}

/** Seconds of a frame, by the middle one. */
function frameOf(trace) {
  const { start, end } = trace.main?.columns ?? { start: [0], end: [0.04] };
  const middle = start.length >> 1;
  return end[middle] - start[middle];
}

function headcount(trace) {
  const count = trace.seen.length;
  if (!count) return "nobody seen";
  return count === 1 ? "1 person" : `${count} people`;
}

function terms(meta) {
  return element(
    "section",
    { class: "panel", "aria-labelledby": "terms-title" },
    element("h2", { id: "terms-title" }, "What made these numbers"),
    element("p", {}, meta.meaning ?? ""),
    element("p", { class: "faint" }, `Model ${meta.model}, avaffect ${meta.avaffect}. Terms: ${meta.licence ?? "not stated"}.`),
  );
}
