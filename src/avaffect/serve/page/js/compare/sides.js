/** The recordings of both sides, one small chart each, over the same time and the same scale. */

import { request } from "../api.js";
import { element, replace } from "../dom.js";
import { figure } from "../result/figure.js";
import { Trace } from "../result/trace.js";
import { plotly } from "../plotly.js";

const RATE = 5; // values per second, enough for a small chart
const COLUMNS = ["valence", "valence_lo", "valence_hi", "arousal", "arousal_lo", "arousal_hi"];

export class SideBySide {
  constructor() {
    this.node = element("div", { class: "sides" });
    this.charts = [];
    this.observer = new ResizeObserver(() => this.draw());
  }

  /** @param {string[][]} sides ids of each side */
  async show(sides) {
    this.end();
    this.plotly = await plotly();
    const traces = await Promise.all(sides.map((ids) => Promise.all(ids.map(read))));
    this.longest = Math.max(...traces.flat().map((trace) => trace.duration));
    replace(this.node, traces.map((side, place) => this.column(side, "AB"[place])));
    this.observer.observe(this.node);
    this.draw();
  }

  column(traces, name) {
    const charts = traces.map((trace) => {
      const plot = element("div", { role: "img", "aria-label": `Valence and arousal of ${trace.name} over time; open it for the numbers` });
      this.charts.push({ trace, plot });
      const title = element("h3", {}, element("a", { href: `#/result/${trace.id}` }, trace.name));
      return element("div", { class: "panel" }, title, plot);
    });
    return element("section", { "aria-label": `Side ${name}` }, element("h2", {}, `Side ${name}`), charts);
  }

  draw() {
    for (const { trace, plot } of this.charts) {
      const width = plot.clientWidth;
      if (!width) continue;
      const shown = { people: trace.people, focus: null, range: [0, this.longest], width, relative: false, excluded: [], baseline: [] };
      const { data, layout } = figure(shown);
      this.plotly.react(plot, data, { ...layout, width, dragmode: false }, { displayModeBar: false });
    }
  }

  end() {
    this.observer.disconnect();
    for (const { plot } of this.charts) this.plotly.purge(plot);
    this.charts = [];
  }
}

async function read(id) {
  return new Trace(await request(`/v1/predictions/${id}?rate=${RATE}&columns=${COLUMNS.join(",")}`));
}
