/** A result as the page uses it: people in order, columns as numbers, NaN where something is missing. */

import { personColour } from "../palette.js";

export const TARGETS = ["valence", "arousal"];
const WORDS = new Set(["source", "file"]);

/** One person, or nobody in view (`track` null): columns of equal length, in order of time. */
export class Person {
  constructor(track, columns, place, name) {
    this.track = track;
    this.place = track === null ? -1 : place;
    this.columns = columns;
    this.length = columns.start.length;
    this.name = name || (track === null ? "Nobody in view" : `Person ${track}`);
  }

  get colour() {
    return personColour(this.place);
  }

  /** Row at a time; -1 if there is none. */
  rowAt(time) {
    const { start, end } = this.columns;
    const row = lastAtOrBefore(start, time);
    return row >= 0 && time < end[row] + 1e-6 ? row : -1;
  }

  value(column, row) {
    return row < 0 || !this.columns[column] ? NaN : this.columns[column][row];
  }

  /** Whether a column holds anything. */
  has(column) {
    const values = this.columns[column];
    return Boolean(values) && values.some((value) => (typeof value === "string" ? value : Number.isFinite(value)));
  }

  /** Mean and standard deviation over time; a row counts for the seconds it covers. */
  mean(column) {
    const { start, end } = this.columns;
    let weight = 0;
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < this.length; row += 1) {
      const value = this.value(column, row);
      if (!Number.isFinite(value)) continue;
      const seconds = end[row] - start[row];
      weight += seconds;
      sum += seconds * value;
      squares += seconds * value * value;
    }
    const mean = sum / weight;
    return { mean, sd: Math.sqrt(Math.max(squares / weight - mean * mean, 0)), seconds: weight };
  }
}

/** A prediction with its people. */
export class Trace {
  /** @param {{id: string, name: string, result: Object}} prediction @param {Object<string, string>} names by track */
  constructor(prediction, names = {}) {
    const { tracks, meta, duration } = prediction.result;
    this.id = prediction.id;
    this.name = prediction.name;
    this.meta = meta ?? {};
    this.duration = duration;
    const all = prediction.allTracks ?? numbered(tracks); // places stay when somebody is left out
    this.allTracks = all;
    this.people = numbered(tracks).map((track) => new Person(track, read(tracks[track]), all.indexOf(track), names[track]));
    const nobody = tracks.null ?? tracks.none ?? tracks[""];
    if (nobody) this.people.push(new Person(null, read(nobody), -1));
  }

  /** Those who have a number. */
  get seen() {
    return this.people.filter((person) => person.track !== null);
  }

  /** The person in view for longest, as a start for everything that shows one person. */
  get main() {
    const rows = (person) => person.columns.face_conf?.reduce((count, value) => count + Number.isFinite(value), 0) ?? 0;
    return [...this.people].sort((a, b) => (a.track === null) - (b.track === null) || rows(b) - rows(a))[0];
  }
}

function numbered(tracks) {
  return Object.keys(tracks).filter((key) => /^\d+$/.test(key)).map(Number).sort((a, b) => a - b);
}

function read(columns) {
  const number = (value) => (value === null ? NaN : Number(value));
  const entries = Object.entries(columns).map(([name, values]) => [
    name,
    WORDS.has(name) ? values : Float64Array.from(values, number),
  ]);
  return Object.fromEntries(entries);
}

function lastAtOrBefore(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Means over even steps of a stretch of time; NaN in steps without a value.
 * @returns {{times: number[], step: number, values: Object<string, Float64Array>}} `times` are the steps' middles
 */
export function binned(person, columns, from, to, count) {
  const { start, end } = person.columns;
  const step = (to - from) / count;
  const values = Object.fromEntries(columns.map((name) => [name, new Float64Array(count)]));
  const weights = Object.fromEntries(columns.map((name) => [name, new Float64Array(count)]));
  for (let row = Math.max(lastAtOrBefore(start, from), 0); row < person.length && start[row] < to; row += 1) {
    const first = Math.max(Math.floor((start[row] - from) / step), 0);
    const last = Math.min(Math.ceil((end[row] - from) / step) - 1, count - 1);
    for (let bin = first; bin <= last; bin += 1) {
      const share = Math.min(end[row], from + (bin + 1) * step) - Math.max(start[row], from + bin * step);
      if (share <= 0) continue;
      for (const name of columns) {
        const value = person.value(name, row);
        if (!Number.isFinite(value)) continue;
        values[name][bin] += share * value;
        weights[name][bin] += share;
      }
    }
  }
  for (const name of columns) values[name].forEach((sum, bin) => (values[name][bin] = sum / weights[name][bin]));
  return { times: Array.from({ length: count }, (_, bin) => from + (bin + 0.5) * step), step, values };
}

/**
 * A person's lines between two times: every row while there are few, else means over even steps.
 * @returns {{times: number[], values: Object<string, number[]>, step: number|null}} `step` is null for every row
 */
export function lines(person, columns, from, to, most) {
  const { start, end } = person.columns;
  const first = Math.max(lastAtOrBefore(start, from), 0);
  const last = lastAtOrBefore(start, to);
  if (last - first > most) return binned(person, columns, from, to, most);
  const times = [];
  const values = Object.fromEntries(columns.map((name) => [name, []]));
  for (let row = first; row <= last; row += 1) {
    if (row > first && start[row] > end[row - 1] + 0.01) {
      times.push(end[row - 1]); // rows are missing: the line breaks
      for (const name of columns) values[name].push(NaN);
    }
    times.push(start[row]);
    for (const name of columns) values[name].push(person.value(name, row));
  }
  return { times, values, step: null };
}
