/** The files of a result. */

import { element, replace } from "../dom.js";

const FILES = {
  csv: ["Table (csv)", "for any program"],
  parquet: ["Table (parquet)", "whole, with what made it"],
  xlsx: ["Table (xlsx)", "for Excel"],
  png: ["Picture (png)", "the plot"],
  mp4: ["Video (mp4)", "numbers drawn in"],
  report: ["Report (html)", "to read and print"],
};

export class Downloads {
  constructor() {
    this.list = element("ul", { class: "downloads" });
    this.note = element("p", { class: "faint" });
    this.node = element("section", { class: "panel", "aria-labelledby": "downloads-title" }, element("h2", { id: "downloads-title" }, "Download"), this.list, this.note);
  }

  /** @param {Object<string, string>} links addresses on the server */
  show(links) {
    const there = Object.entries(FILES).filter(([kind]) => links[kind]);
    replace(
      this.list,
      there.map(([kind, [name, what]]) => element("li", {}, element("a", { href: links[kind], download: true, class: "button" }, name), element("small", {}, what))),
    );
    if (!links.mp4) this.note.textContent = "For a video with the numbers drawn in, send the recording again and tick that option.";
  }
}
