/** Two recordings or two groups side by side: who is in which group, the difference, and the traces below. */

import { predictions, request } from "../api.js";
import { announce } from "../announce.js";
import { element, labelled, replace } from "../dom.js";
import { problem } from "../problem.js";
import { Edits } from "../result/edits.js";
import { theme } from "../theme.js";
import { when } from "../words.js";
import { Courses } from "./courses.js";
import { differences } from "./differences.js";
import { SideBySide } from "./sides.js";

export async function show(main) {
  const done = (await predictions()).filter((one) => one.state === "done");
  const view = new CompareView(done);
  const none = element("p", {}, "Two finished recordings are needed. ", element("a", { href: "#/" }, "Add some first"), ".");
  replace(
    main,
    element("h1", {}, "Compare"),
    element("p", { class: "lead" }, "Choose one or more recordings for each side. You see by how much they differ, and how sure that is."),
    done.length < 2 ? none : view.node,
  );
  return () => view.end();
}

class CompareView {
  constructor(done) {
    this.groups = ["A", "B"].map((name) => new Group(name, done));
    this.courses = new Courses();
    this.sides = new SideBySide();
    this.trouble = element("div");
    this.answer = element("div");
    this.people = element("select", {}, element("option", { value: "main" }, "the person seen longest"), element("option", { value: "all" }, "everyone"));
    this.paired = element("input", { type: "checkbox", id: "paired" });
    this.button = element("button", { class: "primary" }, "Compare");
    const columns = element("div", { class: "columns" }, this.groups.map((group) => group.node));
    const paired = element("label", { class: "check", for: "paired" }, this.paired, "Compare recordings of the same name two by two");
    const submit = (event) => {
      event.preventDefault();
      this.compare();
    };
    const form = element("form", { onsubmit: submit, onchange: () => this.check() }, columns, element("div", { class: "row" }, labelled("Of each recording", this.people), paired, this.button));
    this.node = element("div", {}, form, this.trouble, this.answer);
    this.check();
    this.onTheme = () => [this.courses, this.sides].forEach((chart) => chart.draw());
    theme.addEventListener("change", this.onTheme);
  }

  check() {
    this.button.disabled = this.groups.some((group) => !group.chosen.length);
  }

  /** What the server is asked; the reader's changes count here too. */
  get question() {
    const [a, b] = this.groups.map((group) => group.chosen);
    const changed = [...a, ...b].map((id) => [id, new Edits(id)]).filter(([, edits]) => edits.changed);
    const edits = Object.fromEntries(changed.map(([id, one]) => [id, one.value]));
    return { a, b, people: this.people.value, paired: this.paired.checked, edits };
  }

  async compare() {
    const { question } = this;
    this.button.disabled = true;
    replace(this.answer, element("p", { role: "status" }, "Comparing …"));
    replace(this.trouble);
    try {
      const comparison = await request("/v1/comparisons", { method: "POST", json: question });
      replace(this.answer, differences(comparison, this.groups.map((group) => group.names)), this.courses.node, this.sides.node);
      await this.courses.show(comparison.courses);
      await this.sides.show([question.a, question.b]);
      announce("The comparison is below.");
      this.answer.querySelector("h2").focus();
    } catch (error) {
      replace(this.answer);
      replace(this.trouble, problem(error));
    }
    this.check();
  }

  end() {
    theme.removeEventListener("change", this.onTheme);
    this.courses.end();
    this.sides.end();
  }
}

/** The recordings of one side, as boxes to tick. */
class Group {
  constructor(name, done) {
    this.done = done;
    this.boxes = done.map(({ id }) => element("input", { type: "checkbox", value: id, id: `${name}-${id}` }));
    const lines = done.map((one, place) => element("label", { class: "check", for: `${name}-${one.id}` }, this.boxes[place], one.name, element("small", {}, when(one.created))));
    this.node = element("fieldset", { class: "panel" }, element("legend", {}, `Side ${name}`), lines);
  }

  get chosen() {
    return this.boxes.filter((box) => box.checked).map((box) => box.value);
  }

  get names() {
    return this.done.filter(({ id }) => this.chosen.includes(id)).map(({ name }) => name);
  }
}
