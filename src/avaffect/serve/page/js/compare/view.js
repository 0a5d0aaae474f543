/** Two recordings or two groups side by side: who is in which group, the difference, and the traces below. */

import { predictions, request } from "../api.js";
import { announce } from "../announce.js";
import { element, replace } from "../dom.js";
import { problem } from "../problem.js";
import { theme } from "../theme.js";
import { differences } from "./differences.js";
import { SideBySide } from "./sides.js";

export async function show(main) {
  const done = (await predictions()).filter((one) => one.state === "done");
  const groups = ["A", "B"].map((name) => new Group(name, done));
  const trouble = element("div");
  const answer = element("div");
  const sides = new SideBySide();
  const compare = async (event) => {
    event.preventDefault();
    const [first, second] = groups.map((group) => group.chosen);
    replace(trouble);
    try {
      const comparison = await request("/v1/comparisons", { method: "POST", json: { a: first, b: second } });
      replace(answer, differences(comparison, groups.map((group) => group.names)), sides.node);
      await sides.show(groups.map((group) => group.chosen));
      announce("The comparison is below.");
      answer.querySelector("h2").focus();
    } catch (error) {
      replace(answer);
      replace(trouble, problem(error));
    }
  };
  const button = element("button", { class: "primary" }, "Compare");
  const enough = () => {
    button.disabled = groups.some((group) => !group.chosen.length);
  };
  const form = element("form", { onsubmit: compare, onchange: enough }, element("div", { class: "columns" }, groups.map((group) => group.node)), button);
  enough();
  replace(
    main,
    element("h1", {}, "Compare"),
    element("p", { class: "lead" }, "Choose one or more recordings for each side. You see by how much they differ, and how sure that is."),
    done.length < 2 ? element("p", {}, "Two finished recordings are needed. ", element("a", { href: "#/" }, "Add some first"), ".") : form,
    trouble,
    answer,
  );
  const redraw = () => sides.draw();
  theme.addEventListener("change", redraw);
  return () => {
    theme.removeEventListener("change", redraw);
    sides.end();
  };
}

/** The recordings of one side, as boxes to tick. */
class Group {
  constructor(name, done) {
    this.done = done;
    this.boxes = done.map(({ id }) => element("input", { type: "checkbox", value: id, id: `${name}-${id}` }));
    const lines = done.map((one, place) => element("label", { class: "check", for: `${name}-${one.id}` }, this.boxes[place], one.name));
    this.node = element("fieldset", { class: "panel" }, element("legend", {}, `Side ${name}`), lines);
  }

  get chosen() {
    return this.boxes.filter((box) => box.checked).map((box) => box.value);
  }

  get names() {
    return this.done.filter(({ id }) => this.chosen.includes(id)).map(({ name }) => name);
  }
}
