/** What the reader changed in a result: names, people who are one or left out, spans. Kept in this browser, computed by the server. */

import { request } from "../api.js";

const EMPTY = { names: {}, dropped: [], excluded: [], baseline: [], merged: {} };

/** Fires "change" after each change. */
export class Edits extends EventTarget {
  constructor(id) {
    super();
    this.key = `avaffect.edits.${id}`;
    this.value = { ...structuredClone(EMPTY), ...JSON.parse(localStorage.getItem(this.key) ?? "{}") };
  }

  name(track, name) {
    const names = { ...this.value.names };
    if (name) names[track] = name;
    else delete names[track];
    this.set({ names });
  }

  drop(track, dropped) {
    const others = this.value.dropped.filter((one) => one !== track);
    this.set({ dropped: dropped ? [...others, track] : others });
  }

  /** Take somebody for another person; what was said of them is said of that person. */
  merge(track, into) {
    const { names, dropped, excluded, baseline, merged } = this.value;
    const { [track]: name, ...others } = names;
    const ofWhole = ([from, to, whose]) => (whose === track ? [from, to, into] : [from, to, ...(whose ? [whose] : [])]);
    this.set({
      names: name && !others[into] ? { ...others, [into]: name } : others,
      dropped: dropped.filter((one) => one !== track),
      excluded: excluded.map(ofWhole),
      baseline: baseline.map(ofWhole),
      merged: { ...Object.fromEntries(Object.entries(merged).map(([part, whole]) => [part, whole === track ? into : whole])), [track]: into },
    });
  }

  /** Take somebody for a person of their own again. */
  part(track) {
    const { [track]: _, ...merged } = this.value.merged;
    this.set({ merged });
  }

  /** @param {"excluded"|"baseline"} kind @param {number[]} span from, to in seconds, and whose: a track, or everybody's */
  addSpan(kind, span) {
    this.set({ [kind]: [...this.value[kind], span].sort((a, b) => a[0] - b[0]) });
  }

  removeSpan(kind, place) {
    this.set({ [kind]: this.value[kind].filter((_, at) => at !== place) });
  }

  reset() {
    this.set(structuredClone(EMPTY));
  }

  get changed() {
    return JSON.stringify(this.value) !== JSON.stringify(EMPTY);
  }

  set(change) {
    this.value = { ...this.value, ...change };
    if (this.changed) localStorage.setItem(this.key, JSON.stringify(this.value));
    else localStorage.removeItem(this.key);
    this.dispatchEvent(new Event("change"));
  }
}

/** The result under these edits, as the server computes it. @param {string} query which rows, see `detail` */
export async function viewOf(id, edits, query) {
  return (await request(viewPath(id) + query, { method: "POST", json: edits })).result;
}

/** The same as a file of a media type. @returns {Promise<Blob>} */
export function fileOfView(id, edits, type) {
  return request(viewPath(id), { method: "POST", json: edits, accept: type });
}

function viewPath(id) {
  return `/v1/predictions/${id}/view`;
}
