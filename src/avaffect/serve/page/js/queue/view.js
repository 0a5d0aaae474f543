/** Recordings: choose files, see them wait, work and finish. */

import { predictions, request } from "../api.js";
import { announce } from "../announce.js";
import { element, replace } from "../dom.js";
import { chooser } from "./chooser.js";
import { Job } from "./job.js";

export async function show(main) {
  const [{ models }, limits, known] = await Promise.all([request("/v1/models"), request("/v1/limits"), predictions()]);
  const jobs = new Map();
  const list = element("ul", { class: "jobs", "aria-label": "Your recordings" });
  const empty = element("p", { class: "faint" }, "Nothing here yet. Choose a video or a sound file above.");

  const update = (state, atTop = true) => {
    const job = jobs.get(state.id);
    if (job) {
      const before = job.ended;
      job.update(state);
      if (job.ended && !before) announce(job.spoken());
      return;
    }
    const made = new Job(state, { removed: remove });
    jobs.set(state.id, made);
    if (atTop) list.prepend(made.node);
    else list.append(made.node);
    empty.hidden = true;
  };
  const remove = (id) => {
    const node = jobs.get(id)?.node;
    if (!node) return;
    const focused = node.contains(document.activeElement);
    const next = node.nextElementSibling ?? node.previousElementSibling;
    node.remove();
    jobs.delete(id);
    empty.hidden = jobs.size > 0;
    if (focused) (next?.querySelector("a, button") ?? main.querySelector("input[type=file]")).focus();
  };

  replace(
    main,
    element("h1", {}, "Recordings"),
    element("p", { class: "lead" }, "Choose videos or sound files. You see how pleasant (valence) and how activated (arousal) faces and voices come across, moment by moment."),
    chooser({ models, limits, started: update }),
    element("h2", {}, "Your recordings"),
    empty,
    list,
  );
  known.forEach((state) => update(state, false));

  const stream = new EventSource("/v1/events");
  stream.addEventListener("prediction", (event) => update(JSON.parse(event.data)));
  stream.addEventListener("removed", (event) => remove(JSON.parse(event.data).id));
  return () => stream.close();
}
