/** A person's colour as a small square. */

import { element } from "../dom.js";

/** @param {{colour: string}|undefined} person nothing: somebody who was left out */
export function swatch(person) {
  const square = element("span", { class: "swatch" });
  if (person) square.style.background = person.colour;
  return square;
}
