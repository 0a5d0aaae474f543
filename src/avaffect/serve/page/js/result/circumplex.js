/** The plane of valence and arousal with each person's point moving in it, and where it was just before. */

import { element, replace, svg } from "../dom.js";
import { lines } from "./trace.js";

const TRAIL = 2; // seconds
const SIZE = 100; // of the half axis, in the picture's own units
const x = (valence) => valence * SIZE;
const y = (arousal) => -arousal * SIZE;

export class Circumplex {
  constructor() {
    this.points = svg("g");
    const word = (text, at, anchor) => svg("text", { x: at[0], y: at[1], "text-anchor": anchor }, text);
    const plane = svg(
      "svg",
      { viewBox: "-134 -120 268 240", class: "circumplex", role: "img", "aria-label": "Valence to the right, arousal upwards. The table of values beside it says the same in numbers." },
      svg("circle", { r: SIZE, class: "ring" }),
      svg("circle", { r: SIZE / 2, class: "ring faint-ring" }),
      svg("path", { d: `M${-SIZE} 0H${SIZE}M0 ${-SIZE}V${SIZE}`, class: "axis" }),
      word("pleasant", [SIZE + 4, -4], "end"),
      word("unpleasant", [-SIZE - 4, -4], "start"),
      word("activated", [0, -SIZE - 7], "middle"),
      word("calm", [0, SIZE + 15], "middle"),
      this.points,
    );
    this.node = element("figure", { class: "plane" }, plane);
  }

  /** @param {Person[]} people those shown */
  draw(people, time) {
    replace(this.points, people.map((person) => this.person(person, time)));
  }

  person(person, time) {
    const row = person.rowAt(time);
    const [valence, arousal] = [person.value("valence", row), person.value("arousal", row)];
    if (!Number.isFinite(valence + arousal)) return null;
    const colour = person.colour;
    const bounds = ["valence_lo", "valence_hi", "arousal_lo", "arousal_hi"].map((name) => person.value(name, row));
    const cross = bounds.every(Number.isFinite)
      ? svg("path", {
          d: `M${x(bounds[0])} ${y(arousal)}H${x(bounds[1])}M${x(valence)} ${y(bounds[2])}V${y(bounds[3])}`,
          stroke: colour,
          class: "cross",
        })
      : null;
    return svg(
      "g",
      {},
      cross,
      svg("path", { d: trail(person, time), stroke: colour, class: "trail" }),
      svg("circle", { cx: x(valence), cy: y(arousal), r: 6, fill: colour, class: "point" }),
    );
  }
}

function trail(person, time) {
  const { times, values } = lines(person, ["valence", "arousal"], Math.max(time - TRAIL, 0), time, 60);
  let path = "";
  let down = false;
  times.forEach((_, row) => {
    const [valence, arousal] = [values.valence[row], values.arousal[row]];
    const known = Number.isFinite(valence + arousal);
    if (known) path += `${down ? "L" : "M"}${x(valence).toFixed(1)} ${y(arousal).toFixed(1)}`;
    down = known;
  });
  return path || "M0 0";
}
