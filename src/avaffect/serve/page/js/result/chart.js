/** The chart over time: drawn for the stretch in view, with the playhead, a click to seek, a drag to zoom or mark. */

import { element } from "../dom.js";
import { plotly } from "../plotly.js";
import { figure } from "./figure.js";

const SHORTEST = 0.5; // seconds in view
const STILL = 4; // px that a click may move
const QUIET = { displayModeBar: false, responsive: false, doubleClick: false, showTips: false };

/** Fires "seek" (detail: seconds), "mark" (detail: [from, to]) and "range". */
export class Chart extends EventTarget {
  constructor(duration) {
    super();
    this.duration = duration;
    this.range = [0, duration];
    this.marking = false;
    this.plot = element("div", { class: "plot" });
    this.head = element("div", { class: "playhead" });
    this.node = element(
      "div",
      { class: "chart", role: "img", "aria-label": "Valence and arousal over time, with strips of what was seen and heard. The tables on this page say the same in numbers." },
      this.plot,
      this.head,
    );
    this.margin = { l: 0, r: 0 };
    this.observer = new ResizeObserver(() => this.redraw());
    this.press();
  }

  /** Begin to draw. */
  async start(shown) {
    this.plotly = await plotly();
    this.shown = shown;
    this.observer.observe(this.node); // draws as soon as there is room
  }

  /** Events of Plotly's; it takes listeners once it has drawn. */
  listen() {
    this.listening = true;
    this.plot.on("plotly_relayout", (change) => {
      const range = change.xaxis?.range ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (range.every(Number.isFinite)) this.setRange(range);
    });
    this.plot.on("plotly_selected", (event) => {
      const range = event?.range?.x ?? (event?.selections?.[0] && [event.selections[0].x0, event.selections[0].x1]);
      if (range) this.dispatchEvent(new CustomEvent("mark", { detail: [...range].sort((a, b) => a - b) }));
    });
    this.plot.on("plotly_doubleclick", () => this.whole());
  }

  /** Show other people, spans or values. */
  async show(shown) {
    this.shown = shown;
    await this.redraw();
  }

  async redraw() {
    const width = this.node.clientWidth;
    if (!this.plotly || !width) return;
    const { data, layout, margin, step } = figure({ ...this.shown, range: this.range, width });
    this.margin = margin;
    this.step = step;
    const touch = matchMedia("(pointer: coarse)").matches; // a finger scrolls the page
    const dragmode = this.marking ? "select" : touch ? false : "zoom";
    await this.plotly.react(this.plot, data, { ...layout, width, dragmode, selectdirection: "h", selections: [] }, QUIET);
    if (!this.listening) this.listen();
    this.setTime(this.time ?? 0);
  }

  setMarking(on) {
    this.marking = on;
    return this.redraw();
  }

  setRange([from, to]) {
    const length = Math.min(Math.max(to - from, SHORTEST), this.duration);
    const start = Math.min(Math.max(from, 0), this.duration - length);
    if (start === this.range[0] && start + length === this.range[1]) return;
    this.range = [start, start + length];
    this.redraw();
    this.dispatchEvent(new Event("range"));
  }

  whole() {
    this.setRange([0, this.duration]);
  }

  /** Zoom around the playhead; above 1 comes closer. */
  zoom(factor) {
    const length = (this.range[1] - this.range[0]) / factor;
    const inView = this.time >= this.range[0] && this.time <= this.range[1];
    const centre = inView ? this.time : (this.range[0] + this.range[1]) / 2;
    this.setRange([centre - length / 2, centre + length / 2]);
  }

  /** Move the playhead; the stretch in view follows it. */
  setTime(time, follow = false) {
    this.time = time;
    const [from, to] = this.range;
    if (follow && (time > to || time < from)) this.setRange([time, time + to - from]);
    const share = (time - this.range[0]) / (this.range[1] - this.range[0]);
    const width = this.node.clientWidth - this.margin.l - this.margin.r;
    this.head.hidden = share < 0 || share > 1;
    this.head.style.transform = `translateX(${this.margin.l + share * width}px)`;
  }

  /** A press that does not move is a click, wherever in the chart. */
  press() {
    let down = null;
    this.plot.addEventListener("pointerdown", (event) => (down = event), true);
    addEventListener("pointerup", (this.released = (event) => {
      const still = down && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < STILL;
      const pressed = down;
      down = null;
      if (!still || pressed.button !== 0) return;
      const box = this.node.getBoundingClientRect();
      const width = box.width - this.margin.l - this.margin.r;
      const share = (event.clientX - box.left - this.margin.l) / width;
      if (share < 0 || share > 1) return;
      const time = this.range[0] + share * (this.range[1] - this.range[0]);
      this.dispatchEvent(new CustomEvent("seek", { detail: time }));
    }), true);
  }

  end() {
    this.observer.disconnect();
    removeEventListener("pointerup", this.released, true);
    if (this.plotly) this.plotly.purge(this.plot);
  }
}
