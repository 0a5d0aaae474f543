/** The result as a table of means over even steps: the chart for those who read, and for screen readers. */

import { element, labelled, replace } from "../dom.js";
import { clock, interval, percent, signed } from "../words.js";
import { binned } from "./trace.js";

const STEPS = [0.2, 0.5, 1, 5, 10, 60];
const PAGE = 20; // rows of time
const COLUMNS = ["valence", "valence_lo", "valence_hi", "arousal", "arousal_lo", "arousal_hi", "speaking", "face_conf"];

export class Table {
  constructor(player) {
    this.player = player;
    this.page = 0;
    this.body = element("tbody");
    this.words = element("span", { role: "status" });
    this.step = element("select", { onchange: () => this.turn(0) }, STEPS.map((step) => element("option", { value: step }, `${step} s`)));
    const button = (text, by) => element("button", { type: "button", onclick: () => this.turn(this.page + by) }, text);
    [this.earlier, this.later] = [button("Earlier", -1), button("Later", 1)];
    const heads = ["Time", "Person", "Valence", "90 % interval", "Arousal", "90 % interval", "Face seen", "Speaks"];
    const table = element(
      "table",
      {},
      element("caption", { class: "hidden" }, "Means of valence and arousal for each step of time and each person"),
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      this.body,
    );
    this.node = element(
      "details",
      { class: "panel", ontoggle: () => this.draw() },
      element("summary", {}, element("h2", {}, "All values as a table")),
      element("div", { class: "row" }, labelled("Mean over", this.step), this.earlier, this.later, this.words),
      element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of values" }, table),
    );
  }

  show(trace) {
    this.trace = trace;
    const fitting = STEPS.find((step) => trace.duration / step <= 10 * PAGE) ?? 60;
    if (!this.shown) this.step.value = trace.duration <= 20 ? 0.5 : fitting;
    this.shown = true;
    this.draw();
  }

  turn(page) {
    this.page = page;
    this.draw();
  }

  draw() {
    if (!this.node.open || !this.trace) return;
    const step = Number(this.step.value);
    const pages = Math.max(Math.ceil(this.trace.duration / step / PAGE), 1);
    this.page = Math.min(Math.max(this.page, 0), pages - 1);
    this.earlier.disabled = this.page === 0;
    this.later.disabled = this.page === pages - 1;
    const from = this.page * PAGE * step;
    const to = Math.min(from + PAGE * step, Math.ceil(this.trace.duration / step) * step);
    this.words.textContent = `${clock(from)} to ${clock(Math.min(to, this.trace.duration))} of ${clock(this.trace.duration)}`;
    const count = Math.max(Math.round((to - from) / step), 1);
    const people = this.trace.people.map((person) => ({ person, ...binned(person, COLUMNS, from, to, count) }));
    const rows = [];
    for (let bin = 0; bin < count; bin += 1) {
      for (const { person, values } of people) {
        const row = Object.fromEntries(COLUMNS.map((name) => [name, values[name][bin]]));
        if (COLUMNS.some((name) => Number.isFinite(row[name]))) rows.push(this.line(from + bin * step, person, row));
      }
    }
    replace(this.body, rows.length ? rows : element("tr", {}, element("td", { colspan: 8 }, "Nothing was seen or heard here.")));
  }

  line(time, person, row) {
    const cell = (text) => element("td", {}, text);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, element("button", { type: "button", class: "link", onclick: () => this.player.seek(time) }, clock(time))),
      cell(person.name),
      cell(signed(row.valence)),
      cell(interval(row.valence_lo, row.valence_hi)),
      cell(signed(row.arousal)),
      cell(interval(row.arousal_lo, row.arousal_hi)),
      cell(percent(row.face_conf)),
      cell(percent(row.speaking)),
    );
  }
}
