/** The strips under the lines: who speaks, what was there, and what the model relied on. */

import { chartColours } from "../palette.js";
import { isDark } from "../theme.js";
import { binned } from "./trace.js";

const STEPS = 500; // over the time shown; about one for each pixel of a small screen

/** Columns of the person in focus: name, short name, what hovering says. */
const OF_PERSON = [
  { column: "face_conf", name: "Face seen", short: "Face", kind: "there" },
  { column: "voiced", name: "Somebody speaks", short: "Speech", kind: "there" },
  { column: "attended_audio", name: "Voice, with face", short: "Voice+face", kind: "gate" },
  { column: "attended_visual", name: "Face, with voice", short: "Face+voice", kind: "gate" },
  { column: "share_audio", name: "Voice counts", short: "Voice part", kind: "gate" },
  { column: "share_visual", name: "Face counts", short: "Face part", kind: "gate" },
];

/**
 * @returns {Array<{name: string, short: string, person: Person, column: string, colours: string[]}>} from top to bottom
 */
export function strips(people, focus) {
  const { faint, empty } = chartColours();
  const gate = isDark() ? ["#3B3350", "#D3C2FF"] : ["#E9E4F2", "#4B2E83"];
  const speaking = people
    .filter((person) => person.track !== null && person.has("speaking"))
    .map((person) => ({
      name: `${person.name} speaks`,
      short: `${person.track} speaks`,
      person,
      column: "speaking",
      colours: [empty, person.colour],
    }));
  const focused = OF_PERSON.filter(({ column }) => focus?.has(column)).map(({ kind, ...rest }) => ({
    ...rest,
    person: focus,
    colours: kind === "gate" ? gate : [empty, faint],
  }));
  return [...speaking, ...focused];
}

/** A strip as a Plotly heatmap of one row, `place` rows from the bottom; what is missing stays open. */
export function stripTrace(strip, range, place) {
  const { times, values } = binned(strip.person, [strip.column], range[0], range[1], STEPS);
  return {
    type: "heatmap",
    x: times,
    y: [place],
    z: [Array.from(values[strip.column], (value) => (Number.isFinite(value) ? value : null))],
    zmin: 0,
    zmax: 1,
    colorscale: [[0, strip.colours[0]], [1, strip.colours[1]]],
    showscale: false,
    yaxis: "y3",
    ygap: 3,
    hoverongaps: false,
    hovertemplate: `${escape(strip.name)} %{z:.2f}<extra></extra>`,
  };
}

/** Names are people's own words: no markup, no template of Plotly's. */
export function escape(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/%\{/g, "% {");
}
