/** Each person's figures over the whole recording, in a table that needs no chart. */

import { element, replace } from "../dom.js";
import { clock, level, percent, signed } from "../words.js";

const TARGETS = ["valence", "arousal"];

export class Summary {
  constructor() {
    this.body = element("tbody");
    this.relative = element("p", { class: "faint" });
    const heads = ["Person", "There", "Face seen", "Valence: mean", "lowest to highest", "Arousal: mean", "lowest to highest", "No number"];
    this.node = element(
      "section",
      { class: "panel", "aria-labelledby": "summary-title" },
      element("h2", { id: "summary-title" }, "In short"),
      element(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "Summary" },
        element(
          "table",
          {},
          element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
          this.body,
        ),
      ),
      this.relative,
    );
  }

  /** @param {Object} summary what the server counted @param {Trace} trace */
  show(summary, trace) {
    const name = (track) => trace.people.find((person) => person.track === track)?.name ?? `Person ${track}`;
    replace(this.body, summary.people.map((person) => line(person, person.track === null ? "Nobody in view" : name(person.track))));
    const told = summary.people.filter((person) => TARGETS.some((target) => person[`${target}_rel`]));
    this.relative.textContent = told
      .map((person) => `${name(person.track)}, relative to the baseline: ${TARGETS.map((target) => `${target} ${signed(person[`${target}_rel`]?.mean)}`).join(", ")}.`)
      .join(" ");
  }
}

function line(person, name) {
  const cell = (...children) => element("td", {}, ...children);
  const scale = (target) => {
    const values = person[target];
    if (!values) return [cell("–"), cell("–")];
    const said = values.vague ? "interval as wide as for a blind guess: the values say next to nothing" : level(target, values.mean);
    return [cell(`${signed(values.mean)} `, element("small", {}, said)), cell(`${signed(values.min)} to ${signed(values.max)}`)];
  };
  const why = Object.entries(person.missing).map(([reason, share]) => `${percent(share)}: ${reason}`);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    cell(clock(person.seconds)),
    cell(percent(person.face_share)),
    ...TARGETS.flatMap(scale),
    cell(why.join("; ") || "–"),
  );
}
