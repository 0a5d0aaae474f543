/** Running traces on a canvas: light enough to be drawn at every tick beside a camera and a model. */

import { element } from "../dom.js";
import { chartColours, withOpacity } from "../palette.js";
import { SECONDS } from "./people.js";

const HEIGHT = 150; // px of one scale
const LEFT = 40;
const TARGETS = [["Valence", "valence", "pleasant", "unpleasant"], ["Arousal", "arousal", "activated", "calm"]];
const BREAK = 0.2; // seconds without a tick after which a line breaks

export class LiveChart {
  constructor() {
    this.canvas = element("canvas", { role: "img", "aria-label": "Valence and arousal of the last 30 seconds; the table “Now” says the latest values", class: "live-chart" });
    this.node = this.canvas;
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  show(people, now) {
    this.people = people;
    this.now = now;
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(2 * (HEIGHT + 20) * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    TARGETS.forEach((target, place) => this.scale(context, target, place * (HEIGHT + 20) + 8, width));
  }

  scale(context, [title, target, high, low], top, width) {
    const colours = chartColours();
    const y = (value) => top + ((1 - value) / 2) * HEIGHT;
    context.font = "12px system-ui, sans-serif";
    context.lineWidth = 1;
    for (const tick of [-1, -0.5, 0, 0.5, 1]) {
      context.strokeStyle = tick ? colours.rule : colours.faint;
      context.beginPath();
      context.moveTo(LEFT, y(tick));
      context.lineTo(width, y(tick));
      context.stroke();
      context.fillStyle = colours.faint;
      context.textAlign = "right";
      context.fillText(tick ? `${tick > 0 ? "+" : "−"}${Math.abs(tick)}` : "0", LEFT - 6, y(tick) + 4);
    }
    const x = (time) => LEFT + (1 - (this.now - time) / SECONDS) * (width - LEFT);
    context.save();
    context.beginPath();
    context.rect(LEFT, top, width - LEFT, HEIGHT);
    context.clip();
    for (const line of this.people?.lines ?? []) for (const part of parts(line.points, target)) this.part(context, part, target, x, y, line.colour);
    context.restore();
    context.textAlign = "left";
    context.fillStyle = colours.ink;
    context.fillText(`${title}  ↑ ${high}`, LEFT + 6, top + 13);
    context.fillStyle = colours.faint;
    context.fillText(`↓ ${low}`, LEFT + 6, top + HEIGHT - 5);
  }

  part(context, points, target, x, y, colour) {
    context.fillStyle = withOpacity(colour, 0.16);
    context.beginPath();
    points.forEach((point) => context.lineTo(x(point.time), y(point[`${target}_hi`] ?? point[target])));
    [...points].reverse().forEach((point) => context.lineTo(x(point.time), y(point[`${target}_lo`] ?? point[target])));
    context.fill();
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.beginPath();
    points.forEach((point) => context.lineTo(x(point.time), y(point[target])));
    context.stroke();
  }
}

/** Stretches of a line without a gap. */
function parts(points, target) {
  const found = [];
  let last = null;
  for (const point of points) {
    if (point[target] === null) {
      last = null;
      continue;
    }
    if (!last || point.time - last.time > BREAK) found.push([]);
    found.at(-1).push(point);
    last = point;
  }
  return found;
}
