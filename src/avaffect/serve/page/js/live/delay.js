/** How long it takes from a picture to its point on this page. */

import { element } from "../dom.js";

const KEPT = 125; // ticks: about ten seconds
const LONG = 1000; // milliseconds from which it is said why

export class Delay {
  constructor() {
    this.words = element("p", {}, "Delay: –");
    this.node = element("div", { class: "panel delay" }, this.words, element("small", {}, "From a picture to its point here, over the last ten seconds."));
    this.reset();
  }

  reset() {
    this.seconds = [];
    this.counts = [];
  }

  add(seconds) {
    this.seconds.push(seconds);
    if (this.seconds.length > KEPT) this.seconds.shift();
  }

  /** @param {number} count pictures read so far @param {number} time seconds */
  pictures(count, time) {
    this.counts.push({ count, time });
    if (this.counts.length > KEPT) this.counts.shift();
  }

  draw() {
    const sorted = [...this.seconds].sort((a, b) => a - b);
    const ms = (share) => Math.max(0, Math.round(1000 * sorted[Math.floor(share * (sorted.length - 1))]));
    const [first, last] = [this.counts[0], this.counts.at(-1)];
    const rate = (last.count - first.count) / (last.time - first.time);
    const seen = Number.isFinite(rate) ? ` ${rate.toFixed(1)} pictures a second.` : "";
    const why = ms(0.5) > LONG ? " The computer that reads them is busy: close other programs." : "";
    this.words.textContent = `Delay: ${ms(0.5)} ms, at most ${ms(1)} ms.${seen}${why}`;
  }
}
