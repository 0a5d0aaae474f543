/** Elements in one call: element("button", {class: "primary", onclick: save}, "Save"). */

/**
 * @param {string} tag
 * @param {Object} [options] attributes; `on...` are listeners; true sets a bare attribute, null and false leave it out
 * @param {...(Node|string|number|null)} children null is left out
 */
export function element(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  fill(node, options, children);
  return node;
}

/** The same for SVG. */
export function svg(tag, options = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(node, options, children);
  return node;
}

function fill(node, options, children) {
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
}

/** Put children in place of what a node holds. */
export function replace(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

let count = 0;

/** A control with its label: [label, control] in one span; the label is read out with it. */
export function labelled(text, control, options = {}) {
  if (!control.id) control.id = `field-${(count += 1)}`;
  return element("span", { class: "field", ...options }, element("label", { for: control.id }, text), control);
}
