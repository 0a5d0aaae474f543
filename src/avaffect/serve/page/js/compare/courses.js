/** Both groups over time: their means, and how sure these are. */

import { element } from "../dom.js";
import { personColour } from "../palette.js";
import { plotly } from "../plotly.js";
import { figure } from "../result/figure.js";
import { swatch } from "../result/swatch.js";
import { Person, TARGETS } from "../result/trace.js";

export class Courses {
  constructor() {
    this.plot = element("div", { role: "img", "aria-label": "Means of both sides over time; the table above says the difference in numbers" });
    this.legend = element("ul", { class: "legend" });
    this.node = element("section", { class: "panel", "aria-labelledby": "courses-title" }, element("h2", { id: "courses-title" }, "Both sides over time"), this.legend, this.plot);
    this.observer = new ResizeObserver(() => this.draw());
  }

  /** @param {Object<string, Object[]>} courses by target, of A and B: time, mean, low, high */
  async show(courses) {
    this.plotly = await plotly();
    this.sides = [0, 1].map((place) => new Person(place + 1, columns(courses, place), place, `Side ${"AB"[place]}`));
    this.legend.replaceChildren(...[0, 1].map((place) => element("li", {}, swatch({ colour: personColour(place) }), `Side ${"AB"[place]}`)));
    this.observer.observe(this.plot);
    this.draw();
  }

  draw() {
    const width = this.plot.clientWidth;
    if (!this.sides || !width) return;
    const end = Math.max(...this.sides.map((side) => side.columns.end.at(-1)));
    const { data, layout } = figure({ people: this.sides, focus: null, range: [0, end], width, relative: false, excluded: [], baseline: [] });
    this.plotly.react(this.plot, data, { ...layout, width, dragmode: false }, { displayModeBar: false });
  }

  end() {
    this.observer.disconnect();
    if (this.sides) this.plotly.purge(this.plot);
  }
}

/** A group's course in the columns of a result; its times are the middles of steps. */
function columns(courses, place) {
  const number = (values) => values.map((value) => value ?? NaN);
  const { time } = courses.valence[place];
  const step = time.length > 1 ? time[1] - time[0] : 1;
  const found = { start: time.map((each) => each - step / 2), end: time.map((each) => each + step / 2) };
  for (const target of TARGETS) {
    const course = courses[target][place];
    found[target] = number(course.mean);
    found[`${target}_lo`] = number(course.low);
    found[`${target}_hi`] = number(course.high);
  }
  return found;
}
