/** An error in the page: what happened, what to do, and how to try again. */

import { ApiError, logIn } from "./api.js";
import { element, labelled } from "./dom.js";

export function problem(error, again = null) {
  const plain = error instanceof ApiError || error.known;
  if (!plain) console.error(error);
  const text = plain ? error.message : `Something in this page went wrong (${error.message}). Load it again.`;
  if (error.status === 401 && again) return tokenForm(again);
  const retry = again && element("button", { type: "button", onclick: again }, "Try again");
  return element("div", { class: "problem", role: "alert" }, element("p", {}, text), retry);
}

/** An error of the page's own whose message says what to do. */
export function known(message) {
  return Object.assign(new Error(message), { known: true });
}

function tokenForm(again) {
  const field = element("input", { type: "password", autocomplete: "current-password", required: true });
  const wrong = element("p", { class: "job-error", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    try {
      await logIn(field.value.trim());
      again();
    } catch (error) {
      wrong.textContent = error.message;
      field.select();
    }
  };
  return element(
    "form",
    { onsubmit: submit, class: "panel login" },
    element("h1", {}, "This server needs a token"),
    element("p", {}, "Whoever started the server knows it."),
    element("div", { class: "row" }, labelled("Token", field), element("button", { class: "primary" }, "Go on")),
    wrong,
  );
}
