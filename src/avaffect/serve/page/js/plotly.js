/** Plotly, loaded when the first chart is drawn. The server has it from its own installation. */

import { known } from "./problem.js";

let loading = null;

export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/vendor/plotly.min.js";
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      loading = null;
      reject(known("The charts could not be loaded. Check that the server still runs, then load the page again."));
    };
    document.head.append(script);
  });
  return loading;
}
