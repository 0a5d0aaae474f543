/** The files of a result. Tables hold the reader's changes. */

import { element, replace } from "../dom.js";
import { problem } from "../problem.js";
import { fileOfView } from "./edits.js";

const FILES = {
  csv: { name: "Table (csv)", what: "for any program", type: "text/csv" },
  parquet: { name: "Table (parquet)", what: "whole, with what made it", type: "application/vnd.apache.parquet" },
  xlsx: { name: "Table (xlsx)", what: "for Excel", type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
  png: { name: "Picture (png)", what: "the plot" },
  mp4: { name: "Video (mp4)", what: "numbers drawn in" },
  report: { name: "Report (html)", what: "to read and print" },
};
const UNCHANGED = "The tables hold your changes (names, people, spans). Pictures, videos and reports are as they were first made.";
const NO_VIDEO = "For a video with the numbers drawn in, send the recording again and tick that option.";

export class Downloads {
  /** @param {Object} prediction @param {Edits} edits */
  constructor(prediction, edits) {
    this.prediction = prediction;
    this.edits = edits;
    this.list = element("ul", { class: "downloads" });
    this.note = element("p", { class: "faint" });
    this.trouble = element("div");
    this.node = element("section", { class: "panel", "aria-labelledby": "downloads-title" }, element("h2", { id: "downloads-title" }, "Download"), this.list, this.note, this.trouble);
    this.draw();
    edits.addEventListener("change", () => this.draw());
  }

  draw() {
    const { links, result } = this.prediction;
    const there = Object.entries(FILES).filter(([kind]) => links[kind]);
    replace(this.list, there.map(([kind, file]) => element("li", {}, this.link(kind, file), element("small", {}, file.what))));
    const live = Boolean(result.meta.causal);
    this.note.textContent = this.edits.changed ? UNCHANGED : links.mp4 || live ? "" : NO_VIDEO;
  }

  link(kind, { name, type }) {
    const options = { href: this.prediction.links[kind], download: true, class: "button" };
    if (!this.edits.changed || !type) return element("a", options, name);
    return element("button", { type: "button", onclick: () => this.save(kind, type) }, name);
  }

  /** Ask for the table under the edits, and hand it to the browser as a file. */
  async save(kind, type) {
    const { id, name } = this.prediction;
    try {
      const url = URL.createObjectURL(await fileOfView(id, this.edits.value, type));
      const stem = name.replace(/\.[^.]*$/, "");
      element("a", { href: url, download: `${stem}.${kind}` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000); // the browser still reads it
      replace(this.trouble);
    } catch (error) {
      replace(this.trouble, problem(error));
    }
  }
}
