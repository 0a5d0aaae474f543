/** Start the page: theme, dialogs, and the view that the address names. */

import { element, replace } from "./dom.js";
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

/**
 * Show the view of `#/name/rest`. Each view is `show(root, rest)`, fills `root` and gives back what ends it.
 * Every view has a root of its own: one that is left while it still loads fills a root that nobody sees.
 */
async function route() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const load = VIEWS[name] ?? VIEWS[""];
  const root = element("div");
  leave();
  leave = () => {};
  replace(main, root);
  main.setAttribute("aria-busy", "true");
  markNavigation(name);
  let end = () => {};
  try {
    const { show } = await load();
    end = (await show(root, rest.map(decodeURIComponent))) ?? end;
  } catch (error) {
    replace(root, problem(error, route));
  }
  if (!root.isConnected) return end();
  leave = end;
  main.removeAttribute("aria-busy");
  root.dataset.view = name;
  if (!first) readFromTop(root);
  first = false;
}

/** Focus the heading, as if a new page was loaded. */
function readFromTop(root) {
  const heading = root.querySelector("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
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
