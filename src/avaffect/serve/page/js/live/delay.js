/** How long it takes from a picture to its point on this page. */

import { element } from "../dom.js";

const KEPT = 125; // ticks: about ten seconds

export class Delay {
  constructor() {
    this.words = element("p", {}, "Delay: –");
    this.node = element("div", { class: "panel delay" }, this.words, element("small", {}, "From a picture to its point here, over the last ten seconds."));
    this.reset();
  }

  reset() {
    this.seconds = [];
    this.count = 0;
  }

  add(seconds) {
    this.seconds.push(seconds);
    if (this.seconds.length > KEPT) this.seconds.shift();
  }

  /** @param {number} count pictures left out so far */
  lost(count) {
    this.count = count;
  }

  draw() {
    const sorted = [...this.seconds].sort((a, b) => a - b);
    const ms = (share) => Math.max(0, Math.round(1000 * sorted[Math.floor(share * (sorted.length - 1))]));
    this.words.textContent = `Delay: ${ms(0.5)} ms, at most ${ms(1)} ms. Pictures left out: ${this.count}.`;
    this.node.dataset.median = ms(0.5);
  }
}
