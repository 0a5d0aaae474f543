/** The people of a live reading: the last half minute of each, and how they are now. */

import { element } from "../dom.js";
import { personColour } from "../palette.js";
import { swatch } from "../result/swatch.js";
import { interval, signed } from "../words.js";

export const SECONDS = 30;
const SOURCES = { "face+voice": "from face and voice", face: "from the face", voice: "from the voice" };

export class LivePeople {
  constructor() {
    this.byTrack = new Map();
    this.latest = null;
  }

  /** @param {Object} tick of the server: start, end and people */
  add(tick) {
    this.latest = tick;
    for (const person of tick.people) {
      const line = this.byTrack.get(person.track) ?? this.begin(person.track);
      line.points.push({ time: tick.end, ...person });
    }
    for (const line of this.byTrack.values()) {
      const gone = line.points.findIndex((point) => point.time > tick.end - SECONDS);
      line.points.splice(0, gone < 0 ? line.points.length : gone);
    }
  }

  begin(track) {
    const line = new Line(track);
    this.byTrack.set(track, line);
    return line;
  }

  get lines() {
    return [...this.byTrack.values()].filter((line) => line.points.length);
  }

  /** Those of the latest tick, as `Boxes` draws them. */
  get now() {
    return this.lines.filter((line) => line.points.at(-1).time === this.latest.end);
  }

  table() {
    const heads = ["Person", "Valence", "Arousal"].map((head) => element("th", { scope: "col" }, head));
    const cell = (point, target) =>
      element("td", {}, element("strong", {}, signed(point[target] ?? NaN)), element("small", {}, interval(point[`${target}_lo`] ?? NaN, point[`${target}_hi`] ?? NaN)));
    const rows = this.now.map((line) => {
      const point = line.points.at(-1);
      const said = SOURCES[point.source] ?? "no prediction";
      const speaks = point.speaking === null ? "" : point.speaking >= 0.5 ? " · speaks" : " · listens";
      return element("tr", {}, element("th", { scope: "row" }, swatch(line), line.name, element("small", {}, said + speaks)), cell(point, "valence"), cell(point, "arousal"));
    });
    const none = element("tr", {}, element("td", { colspan: 3 }, "Nobody in view and no voice"));
    return element("table", { class: "moment" }, element("caption", {}, "Now"), element("thead", {}, element("tr", {}, heads)), element("tbody", {}, rows.length ? rows : none));
  }
}

class Line {
  constructor(track) {
    this.track = track;
    this.points = [];
    this.name = track === null ? "Voice of nobody in view" : `Person ${track}`;
  }

  get colour() {
    return personColour(this.track === null ? -1 : this.track - 1);
  }

  rowAt() {
    return this.points.length - 1;
  }

  /** What `Boxes` asks for: one corner of the face. */
  value(column, row) {
    const corner = ["face_x1", "face_y1", "face_x2", "face_y2"].indexOf(column);
    return this.points[row].box?.[corner] ?? NaN;
  }
}
