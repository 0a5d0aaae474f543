/** The colours of avaffect.palette: told apart by colour-blind readers, the same person the same colour. */

import { isDark } from "./theme.js";

export const PEOPLE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"];
export const BRIGHT = ["#4FB0E8", "#FF8A3C", "#2FCB9E", "#F0A5D0", "#9AD6F7", "#FFC04D"];
const NOBODY = { light: "#595959", dark: "#A5A5A5" };
const LIGHT = { ink: "#222222", faint: "#595959", rule: "#DDDDDD", paper: "#FFFFFF", empty: "#F0F0EE", mark: "#00558C" };
const DARK = { ink: "#ECEFF1", faint: "#A9B0B8", rule: "#3A4048", paper: "#1D2024", empty: "#282C31", mark: "#7CC4FF" };

/** A person's colour by place among all people; `place` is -1 for nobody in view. */
export function personColour(place) {
  if (place < 0) return isDark() ? NOBODY.dark : NOBODY.light;
  const colours = isDark() ? BRIGHT : PEOPLE;
  return colours[place % colours.length];
}

/** Colours of text, rules and grounds in charts. */
export function chartColours() {
  return isDark() ? DARK : LIGHT;
}

/** "#rrggbb" with an opacity from 0 to 1. */
export function withOpacity(colour, opacity) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${red},${green},${blue},${opacity})`;
}
