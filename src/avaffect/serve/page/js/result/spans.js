/** Mark a span of time: leave it out, or take it as the baseline. */

import { announce } from "../announce.js";
import { element, labelled, replace } from "../dom.js";
import { clock, parseClock } from "../words.js";

const KINDS = { excluded: "Left out", baseline: "Baseline" };

export class Spans {
  /** @param {{edits: Edits, player: Player, onMarking: (on: boolean) => void}} told */
  constructor({ edits, player, onMarking }) {
    this.edits = edits;
    this.player = player;
    this.from = element("input", { inputmode: "decimal", placeholder: "0:00.0", size: 8 });
    this.to = element("input", { inputmode: "decimal", placeholder: "0:00.0", size: 8 });
    this.whom = element("select");
    this.error = element("p", { class: "job-error", role: "alert" });
    this.list = element("ul", { class: "spans", "aria-label": "Marked spans" });
    const now = (field, what) => element("button", { type: "button", "aria-label": `${what}: now`, onclick: () => this.setNow(field) }, "now");
    const mark = element("input", { type: "checkbox", id: "marking", onchange: (event) => onMarking(event.target.checked) });
    this.node = element(
      "section",
      { class: "panel", "aria-labelledby": "spans-title" },
      element("h2", { id: "spans-title" }, "Spans"),
      element("p", { class: "faint" }, "Leave out what should not count, such as another's clip. A baseline is a calm stretch: values are then also shown relative to it."),
      element("div", { class: "row" }, labelled("From", this.from), now("from", "From"), labelled("To", this.to), now("to", "To"), labelled("of", this.whom)),
      element("label", { class: "check mouse-only", for: "marking" }, mark, "Dragging on the chart marks a span"),
      element(
        "div",
        { class: "row" },
        element("button", { type: "button", onclick: () => this.add("excluded") }, "Leave this span out"),
        element("button", { type: "button", onclick: () => this.add("baseline") }, "Take as baseline"),
      ),
      this.error,
      this.list,
    );
  }

  /** Put the playhead's time into a field: "from" or "to". */
  setNow(field) {
    this[field].value = clock(this.player.time, 2);
    announce(`The span ${field === "from" ? "starts" : "ends"} at ${clock(this.player.time)}`);
  }

  set([from, to]) {
    this.from.value = clock(from, 2);
    this.to.value = clock(to, 2);
  }

  add(kind) {
    const [from, to] = [parseClock(this.from.value), parseClock(this.to.value)];
    const end = Math.min(to, this.player.duration);
    if (!(end > from)) {
      this.error.textContent = "Give two times, the second after the first, such as 0:05 and 0:12.5.";
      (Number.isFinite(from) ? this.to : this.from).focus();
      return;
    }
    this.error.textContent = "";
    this.from.value = this.to.value = "";
    const track = Number(this.whom.value);
    this.edits.addSpan(kind, [from, end, ...(track > 0 ? [track] : [])]);
    announce(`${KINDS[kind]}: ${clock(from)} to ${clock(end)}. Computing anew.`);
  }

  /** @param {Trace} trace */
  draw(trace) {
    this.names = Object.fromEntries(trace.seen.map((person) => [person.track, person.name]));
    const chosen = this.whom.value;
    const options = [element("option", { value: 0 }, "everybody"), ...trace.seen.map((person) => element("option", { value: person.track }, person.name))];
    replace(this.whom, options);
    if (this.names[chosen]) this.whom.value = chosen;
    const lines = Object.keys(KINDS).flatMap((kind) => this.edits.value[kind].map((span, place) => this.line(kind, span, place)));
    replace(this.list, lines);
  }

  line(kind, [from, to, track], place) {
    const whose = track ? `, ${this.names[track] ?? `person ${track}`}` : "";
    const text = `${KINDS[kind]}: ${clock(from)} to ${clock(to)}${whose}`;
    const remove = () => {
      this.edits.removeSpan(kind, place);
      announce(`Undone: ${text}`);
      this.from.focus();
    };
    return element(
      "li",
      { class: "row" },
      element("button", { type: "button", class: "link", onclick: () => this.player.seek(from) }, text),
      element("button", { type: "button", "aria-label": `Undo ${text}`, onclick: remove }, "Undo"),
    );
  }
}
