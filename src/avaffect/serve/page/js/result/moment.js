/** The values at the playhead, as a small table: one row a person. */

import { element, replace } from "../dom.js";
import { interval, signed } from "../words.js";
import { swatch } from "./swatch.js";

const SOURCES = { "face+voice": "from face and voice", face: "from the face", voice: "from the voice" };

export class Moment {
  constructor() {
    this.body = element("tbody");
    const heads = ["Person", "Valence", "Arousal"];
    this.node = element(
      "table",
      { class: "moment" },
      element("caption", {}, "At this moment"),
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      this.body,
    );
    this.shown = "";
  }

  draw(people, time) {
    const rows = people.map((person) => cells(person, time)).filter((row) => row);
    const key = JSON.stringify(rows);
    if (key === this.shown) return; // sixty times a second: only what changed
    this.shown = key;
    if (!rows.length) replace(this.body, element("tr", {}, element("td", { colspan: 3 }, "Nobody in view and no voice")));
    else replace(this.body, rows.map(tableRow));
  }
}

/** What is known of a person at a time; null if they have no row then. */
export function cells(person, time) {
  const row = person.rowAt(time);
  if (row < 0) return null;
  const value = (name) => person.value(name, row);
  if (person.track === null && !Number.isFinite(value("valence"))) return null;
  const speaking = value("speaking");
  const voice = Number.isFinite(speaking) ? (speaking >= 0.5 ? "speaks" : "listens") : value("voiced") >= 0.5 ? "speech" : "quiet";
  return {
    name: person.name,
    colour: person.colour,
    valence: signed(value("valence")),
    valenceBounds: interval(value("valence_lo"), value("valence_hi")),
    arousal: signed(value("arousal")),
    arousalBounds: interval(value("arousal_lo"), value("arousal_hi")),
    source: SOURCES[person.columns.source?.[row]] ?? "no prediction",
    voice: Number.isFinite(value("voiced")) ? voice : "no sound",
  };
}

/** The same in a sentence, for a screen reader. */
export function spokenMoment(people, time) {
  const said = people.map((person) => cells(person, time)).filter((row) => row);
  if (!said.length) return "Nobody in view and no voice.";
  return said
    .map(({ name, valence, arousal, source, voice }) =>
      source === "no prediction" ? `${name}: no prediction.` : `${name}: valence ${valence}, arousal ${arousal}, ${source}, ${voice}.`,
    )
    .join(" ");
}

function tableRow(row) {
  const number = (value, bounds) => element("td", {}, element("strong", {}, value), element("small", {}, bounds));
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, swatch(row), row.name, element("small", {}, `${row.source} · ${row.voice}`)),
    number(row.valence, row.valenceBounds),
    number(row.arousal, row.arousalBounds),
  );
}
