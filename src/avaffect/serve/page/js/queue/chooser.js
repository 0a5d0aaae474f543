/** Drop or choose files, with the few options of a prediction; each file is sent on its own. */

import { announce } from "../announce.js";
import { element, labelled } from "../dom.js";
import { fileSize } from "../words.js";
import { Sending } from "./sending.js";

const ACCEPT = "video/*,audio/*,.mkv,.avi,.mpg,.mts,.mxf,.flac,.opus";

/** @param {{models: Object[], limits: Object, started: (state: Object) => void}} told */
export function chooser({ models, limits, started }) {
  const options = optionFields(models);
  const sending = element("ul", { class: "sending", "aria-label": "Files being sent" });
  const field = element("input", { type: "file", multiple: true, accept: ACCEPT, class: "hidden", id: "choose" });
  let turn = Promise.resolve(); // one upload at a time: the first file starts soonest
  const send = (files) => {
    if (files.length) announce(`${files.length} ${files.length === 1 ? "file" : "files"} chosen`);
    for (const file of files) {
      const line = new Sending(file, limits);
      sending.append(line.node);
      turn = turn.then(() => line.send(options.values(), started));
    }
  };
  field.addEventListener("change", () => {
    send([...field.files]);
    field.value = "";
  });
  const zone = element(
    "div",
    { class: "drop" },
    field,
    element("label", { for: "choose", class: "button primary" }, "Choose files"),
    element("span", { class: "faint" }, `or drop them here (up to ${fileSize(limits.max_size)} and ${Math.round(limits.max_duration / 60)} minutes each)`),
  );
  takeDrops(zone, send);
  return element(
    "section",
    { "aria-label": "New recordings" },
    zone,
    options.node,
    sending,
    element("p", { class: "faint" }, "Files go to the program that shows this page, and nowhere else. Ask everyone who can be seen or heard."),
  );
}

function takeDrops(zone, send) {
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    send([...event.dataTransfer.files]);
  });
}

function optionFields(models) {
  const choices = models.map(({ name, streams }) => element("option", { value: name }, `${name} (${streams.map(plain).join(" and ")})`));
  const model = element("select", {}, choices);
  const everyone = element("option", { value: "all" }, "Everyone");
  const people = element("select", {}, everyone, element("option", { value: "main" }, "The most prominent person"));
  const annotate = element("input", { type: "checkbox", id: "annotate" });
  const node = element(
    "div",
    { class: "row options" },
    labelled("Model", model),
    labelled("People", people),
    element("label", { class: "check", for: "annotate" }, annotate, "Also make a video with the numbers drawn in (slower)"),
  );
  return { node, values: () => ({ model: model.value, people: people.value, annotate: annotate.checked }) };
}

function plain(stream) {
  return { audio: "voice", visual: "face", text: "words" }[stream] ?? stream;
}
