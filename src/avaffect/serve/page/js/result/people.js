/** The people of a recording: their colour, their name, whether they are shown, whether they count. */

import { element, replace } from "../dom.js";
import { clock, level, signed } from "../words.js";
import { swatch } from "./swatch.js";

export class People {
  /** @param {{edits: Edits, onFocus: (track: number|null) => void}} told */
  constructor({ edits, onFocus }) {
    this.edits = edits;
    this.onFocus = onFocus;
    this.list = element("ul", { class: "people", "aria-label": "People" });
    this.node = element("section", { class: "panel", "aria-labelledby": "people-title" }, element("h2", { id: "people-title" }, "People"), this.list);
  }

  /** @param {Trace} trace @param {number[]} all numbers of everybody, also of those left out */
  draw(trace, all, focus) {
    const byTrack = new Map(trace.seen.map((person) => [person.track, person]));
    const focused = document.activeElement?.dataset?.person;
    const part = document.activeElement?.dataset?.part;
    replace(this.list, all.map((track) => this.line(track, byTrack.get(track), focus === track)));
    if (focused) this.list.querySelector(`[data-person="${focused}"][data-part="${part}"]`)?.focus();
    if (!all.length) replace(this.list, element("li", { class: "faint" }, "Nobody was seen. The numbers rest on the voice."));
  }

  line(track, person, inFocus) {
    const name = element("input", {
      value: this.edits.value.names[track] ?? "", placeholder: `Person ${track}`, maxlength: 40, "aria-label": `Name of person ${track}`,
      "data-person": track, "data-part": "name", onchange: (event) => this.edits.name(track, event.target.value.trim()),
    });
    const shown = this.edits.value.names[track] || `Person ${track}`;
    const drop = element(
      "button",
      { type: "button", "data-person": track, "data-part": "drop", "aria-label": `${person ? "Leave out" : "Bring back"} ${shown}`, onclick: () => this.edits.drop(track, Boolean(person)) },
      person ? "Leave out" : "Bring back",
    );
    const detail = person
      ? element(
          "button",
          { type: "button", "aria-pressed": String(inFocus), "data-person": track, "data-part": "focus", "aria-label": `Strips of ${shown}`, onclick: () => this.onFocus(track) },
          "Strips",
        )
      : null;
    return element("li", { class: person ? "" : "left-out" }, swatch(person), name, detail, drop, element("small", {}, words(person)));
  }
}

function words(person) {
  if (!person) return "left out";
  const [valence, arousal] = [person.mean("valence").mean, person.mean("arousal").mean];
  const seen = clock(person.columns.end[person.length - 1] - person.columns.start[0]);
  if (!Number.isFinite(valence)) return `there for ${seen}, no prediction`;
  return `there for ${seen} · ${level("valence", valence)} (${signed(valence)}), ${level("arousal", arousal)} (${signed(arousal)})`;
}
