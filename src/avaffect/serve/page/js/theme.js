/** Light or dark: as the system says, unless the reader chose. */

const KEY = "avaffect.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** Fires "change" when the page turns light or dark. */
export const theme = new EventTarget();

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : system.matches;
}

export function startTheme(select) {
  const apply = (choice) => {
    if (choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    theme.dispatchEvent(new Event("change"));
  };
  select.value = localStorage.getItem(KEY) ?? "auto";
  apply(select.value);
  select.addEventListener("change", () => {
    localStorage.setItem(KEY, select.value);
    apply(select.value);
  });
  system.addEventListener("change", () => theme.dispatchEvent(new Event("change")));
}
