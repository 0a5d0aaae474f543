/** One recording in the list: what it is doing, how long it will take, and what can be done with it. */

import { request } from "../api.js";
import { announce } from "../announce.js";
import { element, replace } from "../dom.js";
import { problem } from "../problem.js";
import { forgetFile } from "../uploads.js";
import { clock, timeLeft, when } from "../words.js";

const STATES = {
  queued: "Waiting for its turn",
  running: "Working",
  done: "Done",
  failed: "Did not work",
  cancelled: "Cancelled",
};

export class Job {
  /** @param {{id: string, name: string, state: string}} state @param {{removed: (id: string) => void}} told */
  constructor(state, told) {
    this.id = state.id;
    this.told = told;
    this.words = element("span", { class: "job-state" });
    this.bar = element("progress", { max: 1, "aria-label": `Progress of ${state.name}` });
    this.actions = element("span", { class: "row" });
    this.error = element("p", { class: "job-error" });
    this.title = element("strong", { class: "job-name" }, state.name);
    this.node = element("li", { class: "job" }, this.title, this.words, this.bar, this.actions, this.error);
    this.update(state);
  }

  get ended() {
    return ["done", "failed", "cancelled"].includes(this.state.state);
  }

  update(state) {
    const before = this.state?.state;
    this.state = { ...this.state, ...state };
    const { stage, completed, total, seconds_left: left } = this.state.progress ?? {};
    const words = [STATES[this.state.state] ?? this.state.state];
    if (this.state.state === "queued" && this.state.position) words.push(`${this.state.position} before it`);
    if (this.state.state === "running") {
      if (stage) words.push(stage);
      if (total) words.push(`${Math.round((100 * completed) / total)} %`);
      if (Number.isFinite(left)) words.push(timeLeft(left));
    }
    if (this.state.state === "done") words.push(clock(this.state.duration), when(this.state.created));
    this.words.textContent = words.join(" · ");
    this.bar.hidden = this.ended;
    if (total) this.bar.value = completed / total;
    else this.bar.removeAttribute("value");
    this.error.textContent = this.state.error ?? "";
    this.error.hidden = !this.state.error;
    if (before !== this.state.state) this.showActions();
  }

  /** The end of the job in a sentence, for screen readers. */
  spoken() {
    const { name, state, error } = this.state;
    if (state === "done") return `${name} is done. Open it to see the result.`;
    return state === "failed" ? `${name} did not work. ${error ?? ""}` : `${name} is cancelled.`;
  }

  showActions() {
    const { name, state } = this.state;
    const open = element("a", { class: "button primary", href: `#/result/${this.id}`, "aria-label": `Open ${name}` }, "Open");
    const word = this.ended ? "Remove" : "Cancel";
    const remove = element("button", { type: "button", "aria-label": `${word} ${name}`, onclick: () => this.remove() }, word);
    replace(this.actions, state === "done" ? open : null, remove);
    this.node.dataset.state = state;
  }

  /** Cancel it, or remove it with its results. */
  async remove() {
    const { name, state } = this.state;
    const ended = this.ended;
    if (state === "done" && !confirm(`Remove ${name} and its results from this server?`)) return;
    try {
      await request(`/v1/predictions/${this.id}`, { method: "DELETE" });
    } catch (error) {
      if (error.status !== 404) {
        replace(this.error, problem(error));
        this.error.hidden = false;
        return;
      }
    }
    announce(`${name} is ${ended ? "removed" : "cancelled"}`);
    if (!ended) return; // the line stays, as cancelled
    forgetFile(this.id);
    this.told.removed(this.id);
  }
}
