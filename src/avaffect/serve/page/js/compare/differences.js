/** The figures of a comparison as a table, with the intervals drawn to one scale. */

import { element, svg } from "../dom.js";
import { interval, percent, signed } from "../words.js";

const MEASURES = { mean: "mean", sd: "spread over time", mean_rel: "mean, less the baseline" };
const WIDTH = 160; // of the drawn interval; the scale goes from -1 to 1
const INTERVAL = " The interval shows how much the difference would vary with other recordings of the same kind; where it holds 0, the sides may well be alike. It says nothing of how well the numbers agree with raters.";

/** @param {Object} comparison the server's answer @param {string[][]} names recordings of each side */
export function differences(comparison, names) {
  const heads = ["Figure", "A", "B", "A less B", `${percent(comparison.level)} interval`, "on the scale −1 to 1"];
  const rows = comparison.statistics.map(line);
  const bounded = comparison.statistics.some(({ difference }) => difference.low !== null);
  return element(
    "section",
    { class: "panel" },
    element("h2", { tabindex: -1 }, "Difference"),
    element("p", {}, `A: ${names[0].join(", ")}. B: ${names[1].join(", ")}.`),
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Differences" },
      element("table", {}, element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))), element("tbody", {}, rows)),
    ),
    element("p", { class: "faint" }, `Each person counts once, however long the recording.${bounded ? INTERVAL : ""}`),
    element("ul", { class: "faint" }, comparison.notes.map((note) => element("li", {}, note))),
  );
}

function line({ target, measure, first, second, difference }) {
  const plain = (number) => (measure === "sd" && number !== null ? number.toFixed(2) : signed(number ?? NaN));
  const cell = (...children) => element("td", {}, ...children);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, `${target}: ${MEASURES[measure] ?? measure}`),
    cell(plain(first.value)),
    cell(plain(second.value)),
    cell(element("strong", {}, signed(difference.value ?? NaN))),
    cell(interval(difference.low ?? NaN, difference.high ?? NaN)),
    cell(drawn(difference)),
  );
}

function drawn({ value, low, high }) {
  if (value === null) return "–";
  const x = (number) => ((Math.min(Math.max(number, -1), 1) + 1) / 2) * WIDTH;
  const range = low === null || high === null ? null : svg("path", { d: `M${x(low)} 9H${x(high)}`, class: "range" });
  return svg(
    "svg",
    { viewBox: `-6 0 ${WIDTH + 12} 18`, width: WIDTH + 12, height: 18, class: "interval", "aria-hidden": "true" },
    svg("path", { d: `M0 9H${WIDTH}M${WIDTH / 2} 2V16`, class: "scale" }),
    range,
    svg("circle", { cx: x(value), cy: 9, r: 4 }),
  );
}
