/** Tell what happened to those who cannot see it: one polite live region for the whole page. */

let pending = 0;

export function announce(text) {
  const region = document.getElementById("status");
  region.textContent = "";
  clearTimeout(pending);
  // emptied first: the same words twice are read twice
  pending = setTimeout(() => {
    region.textContent = text;
  }, 60);
}
