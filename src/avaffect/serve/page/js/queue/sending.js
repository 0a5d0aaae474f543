/** One file on its way to the server. */

import { upload } from "../api.js";
import { announce } from "../announce.js";
import { element } from "../dom.js";
import { known, problem } from "../problem.js";
import { keepFile } from "../uploads.js";
import { fileSize } from "../words.js";

export class Sending {
  constructor(file, limits) {
    this.file = file;
    this.limits = limits;
    this.stop = new AbortController();
    this.words = element("span", { class: "grow" }, `${file.name} waits to be sent`);
    this.bar = element("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
    const cancel = element("button", { type: "button", onclick: () => this.cancel(), "aria-label": `Do not send ${file.name}` }, "Cancel");
    this.node = element("li", { class: "row" }, this.words, this.bar, cancel);
  }

  cancel() {
    this.stop.abort();
    this.leave();
    announce(`${this.file.name} is not sent`);
  }

  /** Send it, and again when the server's queue was full. */
  async send(options, started) {
    const form = new FormData();
    for (const [name, value] of Object.entries(options)) form.append(name, String(value));
    form.append("file", this.file);
    try {
      if (this.file.size > this.limits.max_size) throw known(`is larger than ${fileSize(this.limits.max_size)}, which is the limit here. Cut it up, or start the server with a larger --max-size.`);
      while (!this.stop.signal.aborted) {
        const [state] = await this.once(form);
        if (!state) continue;
        keepFile(state.id, this.file);
        this.leave();
        started(state);
        return;
      }
    } catch (error) {
      if (error.name !== "AbortError") this.fail(error);
    }
  }

  /** The predictions begun; none if the queue was full, after the time that the server asks for. */
  async once(form) {
    this.words.textContent = `Sending ${this.file.name} (${fileSize(this.file.size)})`;
    const progress = (share) => {
      this.bar.value = share;
      if (share === 1) this.words.textContent = `Looking into ${this.file.name}`;
    };
    try {
      return (await upload("/v1/predictions", form, progress, this.stop.signal)).predictions;
    } catch (error) {
      if (error.status !== 429) throw error;
      const wait = Number(error.retryAfter) || 5;
      this.words.textContent = `${this.file.name}: the queue is full, trying again in ${wait} s`;
      await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
      return [];
    }
  }

  fail(error) {
    const shown = problem(error);
    shown.prepend(element("strong", {}, this.file.name));
    this.node.replaceChildren(shown, element("button", { type: "button", onclick: () => this.leave(), "aria-label": `Close the message about ${this.file.name}` }, "Close"));
  }

  leave() {
    const focused = this.node.contains(document.activeElement);
    this.node.remove();
    if (focused) document.getElementById("choose")?.focus();
  }
}
