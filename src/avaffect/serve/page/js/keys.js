/** Single keys of the result view; they can be switched off, and rest while somebody types. */

import { element } from "./dom.js";

const KEY = "avaffect.keys";

/** What each action is called, and its keys as KeyboardEvent.key. */
export const ACTIONS = {
  toggle: { keys: [" "], shown: "Space", does: "Play or pause" },
  back: { keys: ["j", "J"], shown: "J", does: "Back 5 seconds" },
  pause: { keys: ["k", "K"], shown: "K", does: "Pause" },
  forward: { keys: ["l", "L"], shown: "L", does: "Forward 5 seconds" },
  left: { keys: ["ArrowLeft"], shown: "←", does: "Back 1 second" },
  right: { keys: ["ArrowRight"], shown: "→", does: "Forward 1 second" },
  previous: { keys: [","], shown: ",", does: "One frame back" },
  next: { keys: ["."], shown: ".", does: "One frame forward" },
  start: { keys: ["Home"], shown: "Home", does: "To the start" },
  end: { keys: ["End"], shown: "End", does: "To the end" },
  closer: { keys: ["+", "="], shown: "+", does: "Zoom in" },
  wider: { keys: ["-"], shown: "−", does: "Zoom out" },
  whole: { keys: ["0"], shown: "0", does: "Show the whole recording" },
  from: { keys: ["["], shown: "[", does: "A span starts here" },
  to: { keys: ["]"], shown: "]", does: "The span ends here" },
  read: { keys: ["r", "R"], shown: "R", does: "Read the values at this moment aloud (screen reader)" },
  help: { keys: ["?"], shown: "?", does: "Show these keys" },
};

export function fillKeys() {
  const body = document.querySelector("#keys-table tbody");
  for (const { shown, does } of Object.values(ACTIONS)) {
    body.append(element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, shown)), element("td", {}, does)));
  }
  const on = document.getElementById("keys-on");
  on.checked = localStorage.getItem(KEY) !== "off";
  on.addEventListener("change", () => localStorage.setItem(KEY, on.checked ? "on" : "off"));
}

/**
 * Call `actions[name]()` when one of its keys is pressed.
 * @param {Object<string, () => void>} actions
 * @returns {() => void} ends it
 */
export function listenToKeys(actions) {
  const all = { ...actions, help: () => document.getElementById("keys").showModal() };
  const pressed = (event) => {
    if (localStorage.getItem(KEY) === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") || takesKey(event.target, event.key)) return;
    const name = Object.keys(all).find((one) => ACTIONS[one].keys.includes(event.key));
    if (!name) return;
    event.preventDefault();
    all[name]();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

/** Whether the focused control has a use of its own for this key. */
function takesKey(target, key) {
  if (target.matches("textarea, select, [contenteditable]")) return true;
  if (target.matches("input[type=range]")) return ["ArrowLeft", "ArrowRight", "Home", "End"].includes(key);
  if (target.matches("input[type=checkbox], input[type=radio]")) return key === " " || key.startsWith("Arrow");
  if (target.matches("input")) return true;
  return key === " " && target.matches("button, a, summary");
}
