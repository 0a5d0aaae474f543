/** How much of a result the page asks for: every frame, or of a long recording a few values a second. */

const LONG = 20 * 60; // seconds
const RATE = 5; // values a second of a long recording

/** The query that goes with a request for a result. */
export function detail(duration) {
  return duration > LONG ? `?rate=${RATE}` : "";
}

/** The same in words; `step` is the seconds over which each point of the chart is a mean, null for none. */
export function detailWords(step, duration) {
  if (step) return `Each point is a mean over ${step.toFixed(step < 1 ? 2 : 1)} s; zoom in for more.`;
  return duration > LONG ? `${RATE} values a second are drawn; the tables to download have every frame.` : "Every frame is drawn.";
}
