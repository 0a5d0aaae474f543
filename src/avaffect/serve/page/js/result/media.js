/** The video or sound: from the reader's own file, from the server if it keeps one, or chosen again. */

import { announce } from "../announce.js";
import { element, replace } from "../dom.js";
import { fileOf, keepFile } from "../uploads.js";

export class Media {
  /** @param {Object} prediction @param {Player} player */
  constructor(prediction, player) {
    this.prediction = prediction;
    this.player = player;
    this.url = null;
    this.video = element("video", { playsinline: true, preload: "auto", "aria-label": `Recording ${prediction.name}`, tabindex: -1 });
    this.canvas = element("canvas", { class: "boxes", "aria-hidden": "true" });
    this.note = element("div", { class: "media-note" });
    this.node = element("div", { class: "screen" }, this.video, this.canvas, this.note);
    this.video.addEventListener("loadedmetadata", () => this.playable());
    this.video.addEventListener("error", () => this.failed());
    this.video.addEventListener("click", () => player.toggle());
    this.start();
  }

  start() {
    const file = fileOf(this.prediction.id);
    const { media, mp4 } = this.prediction.links;
    this.sources = [file, media, mp4].filter((source) => source);
    this.next();
  }

  /** Try the next source; without one, ask for the file. */
  next() {
    const source = this.sources.shift();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = source instanceof File ? URL.createObjectURL(source) : null;
    this.current = source;
    if (!source) {
      this.player.detach();
      this.ask();
      return;
    }
    replace(this.note);
    this.video.src = this.url ?? source;
  }

  /** Whether boxes are drawn into the pictures themselves. */
  get drawnIn() {
    return Boolean(this.current) && this.current === this.prediction.links.mp4;
  }

  playable() {
    this.hasPicture = this.video.videoWidth > 0;
    this.node.classList.toggle("sound-only", !this.hasPicture);
    this.node.dispatchEvent(new CustomEvent("picture", { detail: this.hasPicture && !this.drawnIn }));
    this.player.attach(this.video);
    if (!this.hasPicture) replace(this.note, element("p", {}, "Sound only"));
  }

  failed() {
    if (!this.current) return;
    const own = this.current instanceof File;
    this.unplayable = own ? this.current.name : this.unplayable;
    this.next();
  }

  ask() {
    if (this.prediction.result.meta.causal) return this.nothing();
    this.node.classList.add("sound-only");
    this.hasPicture = false;
    const field = element("input", { type: "file", class: "hidden", id: "again", onchange: () => this.chosen(field.files[0]) });
    const words = this.unplayable
      ? `Your browser cannot play ${this.unplayable}. The curves work all the same. With the option “a video with the numbers drawn in” it can be played.`
      : `To see and hear it here, choose ${this.prediction.name} again. It stays on your computer.`;
    replace(this.note, element("p", {}, words), field, element("label", { for: "again", class: "button" }, "Choose the file"));
  }

  nothing() {
    this.node.classList.add("sound-only");
    replace(this.note, element("p", {}, "Read live: pictures and sound were not kept. The curves can be played all the same."));
  }

  chosen(file) {
    if (!file) return;
    const { size } = this.prediction.result.meta.recording ?? {};
    if (size && size !== file.size) {
      this.note.querySelector("p").replaceWith(element("p", { role: "alert" }, `${file.name} is not the file that was read: its size is another. Choose ${this.prediction.name}.`));
      return;
    }
    keepFile(this.prediction.id, file);
    this.unplayable = null;
    announce(`${file.name} is there`);
    this.start();
  }

  end() {
    this.current = null;
    this.video.removeAttribute("src");
    this.video.load();
    if (this.url) URL.revokeObjectURL(this.url);
  }
}
