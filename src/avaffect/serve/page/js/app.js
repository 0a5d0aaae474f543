/** Start the page: theme, dialogs, and the view that the address names. */

import { replace } from "./dom.js";
import { fillKeys } from "./keys.js";
import { startTheme } from "./theme.js";
import { problem } from "./problem.js";

const VIEWS = {
  "": () => import("./queue/view.js"),
  result: () => import("./result/view.js"),
  compare: () => import("./compare/view.js"),
  live: () => import("./live/view.js"),
};

const main = document.getElementById("main");
let leave = () => {};
let first = true;

/** Show the view of `#/name/rest`. Each view is `show(main, rest)` and gives back what ends it. */
async function route() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const load = VIEWS[name] ?? VIEWS[""];
  leave();
  leave = () => {};
  replace(main);
  main.setAttribute("aria-busy", "true");
  markNavigation(name);
  const here = location.hash;
  try {
    const { show } = await load();
    const end = await show(main, rest.map(decodeURIComponent));
    if (location.hash === here) leave = end ?? (() => {});
    else end?.();
  } catch (error) {
    replace(main, problem(error, route));
  }
  main.removeAttribute("aria-busy");
  const heading = main.querySelector("h1");
  if (heading && !first) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  first = false;
}

function markNavigation(name) {
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.getAttribute("href") === `#/${name === "result" ? "" : name}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address's # names a view
  main.focus();
});

startTheme(document.getElementById("theme"));
fillKeys();
addEventListener("hashchange", route);
route();
