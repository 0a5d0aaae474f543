/** The people of a recording: their colour, their name, who is one with whom, whether they are shown, whether they count. */

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
    replace(this.list, all.map((track) => this.line(track, byTrack.get(track), focus === track, all)));
    if (focused) this.list.querySelector(`[data-person="${focused}"][data-part="${part}"]`)?.focus();
    if (!all.length) replace(this.list, element("li", { class: "faint" }, "Nobody was seen. The numbers rest on the voice."));
  }

  line(track, person, inFocus, all) {
    const whole = this.edits.value.merged[track];
    if (whole) return this.partOf(track, whole);
    const name = element("input", {
      value: this.edits.value.names[track] ?? "", placeholder: `Person ${track}`, maxlength: 40, "aria-label": `Name of person ${track}`,
      "data-person": track, "data-part": "name", onchange: (event) => this.edits.name(track, event.target.value.trim()),
    });
    const shown = this.called(track);
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
    return element("li", { class: person ? "" : "left-out" }, swatch(person), name, detail, drop, element("small", {}, words(person)), this.sameAs(track, person, all));
  }

  called(track) {
    return this.edits.value.names[track] || `Person ${track}`;
  }

  /** A choice of whom somebody is one with; null where there is nobody else. */
  sameAs(track, person, all) {
    const others = all.filter((one) => one !== track && !this.edits.value.merged[one]);
    if (!person || !others.length) return null;
    const options = [element("option", { value: "" }, "Same person as …"), ...others.map((one) => element("option", { value: one }, this.called(one)))];
    return element(
      "select",
      { "aria-label": `${this.called(track)} is the same person as`, "data-person": track, "data-part": "merge", onchange: (event) => this.edits.merge(track, Number(event.target.value)) },
      options,
    );
  }

  /** The line of somebody who was taken for another person. */
  partOf(track, whole) {
    const apart = element(
      "button",
      { type: "button", "data-person": track, "data-part": "merge", "aria-label": `Person ${track} is another person`, onclick: () => this.edits.part(track) },
      "Take apart",
    );
    return element("li", { class: "left-out" }, swatch(), element("span", {}, `Person ${track} is ${this.called(whole)}`), null, apart);
  }
}

function words(person) {
  if (!person) return "left out";
  const [valence, arousal] = [person.mean("valence").mean, person.mean("arousal").mean];
  const seen = clock(person.columns.end[person.length - 1] - person.columns.start[0]);
  if (!Number.isFinite(valence)) return `there for ${seen}, no prediction`;
  return `there for ${seen} · ${level("valence", valence)} (${signed(valence)}), ${level("arousal", arousal)} (${signed(arousal)})`;
}
