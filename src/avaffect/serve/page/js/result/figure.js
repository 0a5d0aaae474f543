/** What Plotly draws for a result: lines with intervals over time, and strips below. */

import { chartColours, withOpacity } from "../palette.js";
import { clock } from "../words.js";
import { escape, strips, stripTrace } from "./strips.js";
import { TARGETS, lines } from "./trace.js";

const MOST = 900; // points of a line; beyond that each is a mean
const TARGET_HEIGHT = 150; // px
const STRIP_HEIGHT = 17;
const GAP = 26;
const NARROW = 600;
const ENDS = { valence: ["unpleasant", "pleasant"], arousal: ["calm", "activated"] };

/**
 * @param {{people: Person[], focus: Person|null, range: number[], width: number, relative: boolean,
 *   excluded: number[][], baseline: number[][]}} shown; `focus` is whose strips are drawn
 * @returns {{data: Object[], layout: Object, margin: {l: number, r: number}, step: number|null}}
 */
export function figure(shown) {
  const narrow = shown.width < NARROW;
  const rows = strips(shown.people, shown.focus).map((strip) => ({ ...strip, label: clip(narrow ? strip.short : strip.name) }));
  const margin = { l: narrow ? 70 : 128, r: narrow ? 8 : 20, t: 10, b: 34 };
  const data = [];
  let step = null;
  TARGETS.forEach((target, place) => {
    for (const person of shown.people) {
      const drawn = personLines(person, target, place, shown);
      step = drawn.step ?? step;
      data.push(...drawn.traces);
    }
  });
  data.push(...rows.map((strip, place) => stripTrace(strip, shown.range, rows.length - 1 - place)));
  return { data, layout: layout(shown, rows, margin), margin, step };
}

function personLines(person, target, place, { range, relative }) {
  const value = relative ? `${target}_rel` : target;
  const bounds = relative ? [] : [`${target}_lo`, `${target}_hi`];
  const { times, values, step } = lines(person, [value, ...bounds], range[0], range[1], MOST);
  const axis = { yaxis: place ? "y2" : "y" };
  const band = bounds.length ? outline(times, values[bounds[0]], values[bounds[1]]) : { x: [], y: [] };
  const interval = {
    ...axis, ...band, type: "scatter", mode: "lines", fill: "toself", hoverinfo: "skip",
    line: { width: 0 }, fillcolor: withOpacity(person.colour, 0.16),
  };
  const shownValues = Array.from(values[value], (one) => (Number.isFinite(one) ? one : null));
  const line = {
    ...axis, x: times, y: shownValues, type: "scatter", mode: "lines", connectgaps: false,
    line: { color: person.colour, width: 2 }, name: escape(person.name),
    hovertemplate: `${escape(person.name)} %{y:+.2f}`,
  };
  return { traces: [...(band.x.length ? [interval] : []), line], step };
}

/** An interval as closed outlines, one for each stretch without a gap. */
function outline(times, low, high) {
  const shape = { x: [], y: [] };
  let first = -1;
  for (let row = 0; row <= times.length; row += 1) {
    const here = row < times.length && Number.isFinite(low[row] + high[row]);
    if (here && first < 0) first = row;
    if (here || first < 0) continue;
    for (let at = first; at < row; at += 1) push(shape, times[at], high[at]);
    for (let at = row - 1; at >= first; at -= 1) push(shape, times[at], low[at]);
    push(shape, null, null);
    first = -1;
  }
  return shape;
}

function push(shape, x, y) {
  shape.x.push(x);
  shape.y.push(y);
}

function layout(shown, rows, margin) {
  const colours = chartColours();
  const below = rows.length * STRIP_HEIGHT;
  const inner = 2 * TARGET_HEIGHT + GAP + (below ? GAP + below : 0);
  const part = (from, height) => [1 - (from + height) / inner, 1 - from / inner];
  const limit = shown.relative ? reach(shown.people) : 1;
  const axis = {
    color: colours.faint, gridcolor: colours.rule, zeroline: true, zerolinecolor: colours.faint, fixedrange: true,
    range: [-limit * 1.06, limit * 1.06], tickvals: [-limit, -limit / 2, 0, limit / 2, limit],
    ticktext: [-limit, -limit / 2, 0, limit / 2, limit].map((tick) => (tick ? `${tick > 0 ? "+" : "−"}${Math.abs(tick)}` : "0")),
    ticks: "outside", ticklen: 5, tickcolor: "rgba(0,0,0,0)",
  };
  const domains = [part(0, TARGET_HEIGHT), part(TARGET_HEIGHT + GAP, TARGET_HEIGHT)];
  const strip = {
    color: colours.faint, domain: below ? part(inner - below, below) : [0, 0.001], fixedrange: true, showgrid: false,
    range: [-0.5, rows.length - 0.5], zeroline: false, ticks: "outside", ticklen: 5, tickcolor: "rgba(0,0,0,0)",
    tickfont: { size: 11 }, tickvals: rows.map((_, place) => rows.length - 1 - place), ticktext: rows.map((row) => row.label),
  };
  return {
    height: inner + margin.t + margin.b,
    margin,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 12, color: colours.ink },
    showlegend: false,
    hovermode: "x unified",
    hoverlabel: { bgcolor: colours.paper, bordercolor: colours.rule, font: { color: colours.ink } },
    xaxis: { ...timeAxis(shown.range, shown.width, colours), anchor: below ? "y3" : "y2" },
    yaxis: { ...axis, domain: domains[0] },
    yaxis2: { ...axis, domain: domains[1] },
    yaxis3: strip,
    annotations: TARGETS.flatMap((target, place) => words(target, domains[place], colours, shown.relative)),
    shapes: [...rows.map((_, place) => missing(place, colours)), ...spans(shown.excluded, "left out", colours.ink), ...spans(shown.baseline, "baseline", colours.mark)],
  };
}

/** The smallest half scale that holds all values relative to the baseline. */
function reach(people) {
  let most = 0;
  for (const person of people) for (const target of TARGETS) for (const value of person.columns[`${target}_rel`]) if (Math.abs(value) > most) most = Math.abs(value);
  return [0.25, 0.5, 1].find((limit) => limit >= most) ?? 2;
}

function timeAxis(range, width, colours) {
  const ticks = [];
  const step = tickStep((range[1] - range[0]) / Math.max(Math.floor(width / 95), 2));
  for (let at = Math.ceil(range[0] / step) * step; at <= range[1] + 1e-9; at += step) ticks.push(at);
  return {
    range, color: colours.faint, gridcolor: colours.rule, zeroline: false, hoverformat: ".2f",
    tickvals: ticks, ticktext: ticks.map((at) => clock(at, step < 1 ? 1 : 0)),
  };
}

function tickStep(least) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
  return steps.find((step) => step >= least) ?? 7200;
}

/** The name of a scale and what its ends mean, inside its part of the chart. */
function words(target, domain, colours, relative) {
  const place = { xref: "paper", yref: "paper", x: 0, xanchor: "left", showarrow: false, borderpad: 1 };
  const [low, high] = ENDS[target];
  const name = target[0].toUpperCase() + target.slice(1);
  const top = relative ? `<b>${name}</b>, less the baseline` : `<b>${name}</b>  ↑ ${high}`;
  const bottom = relative ? "" : `↓ ${low}`;
  return [
    { ...place, y: domain[1], yanchor: "top", text: top, font: { size: 12, color: colours.ink } },
    { ...place, y: domain[0], yanchor: "bottom", text: bottom, font: { size: 12, color: colours.faint } },
  ];
}

/** A dotted line along a strip; it is seen where the strip has nothing to tell. */
function missing(place, colours) {
  return {
    type: "line", xref: "x domain", yref: "y3", x0: 0, x1: 1, y0: place, y1: place, layer: "below",
    line: { width: 1, color: colours.faint, dash: "dot" },
  };
}

function spans(list, text, colour) {
  return list.map(([from, to]) => ({
    type: "rect", xref: "x", yref: "paper", x0: from, x1: to, y0: 0, y1: 1, layer: "below", line: { width: 1, color: colour, dash: "dot" },
    fillcolor: withOpacity(colour, 0.14), label: { text, textposition: "top center", font: { size: 11, color: colour } },
  }));
}

function clip(text) {
  return escape(text.length > 19 ? `${text.slice(0, 18)}…` : text);
}
