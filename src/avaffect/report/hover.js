// Values under the pointer, or moved by the arrow keys, in the charts of a report.
for (const chart of document.querySelectorAll(".chart[data-values]")) {
  const given = JSON.parse(chart.dataset.values);
  const cursor = chart.appendChild(Object.assign(document.createElement("div"), { className: "cursor", hidden: true }));
  const tip = chart.appendChild(Object.assign(document.createElement("div"), { className: "tip", hidden: true }));
  tip.setAttribute("aria-live", "polite");
  const signed = (value) => (value === null ? "–" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2));
  let at = given.first;

  /** The picture that is shown, pixels of the page for one of its own, and how long the axis of time is in it. */
  function frame() {
    const picture = [...chart.querySelectorAll(".wide svg, .narrow svg")].find((one) => one.clientWidth > 0);
    const width = picture.viewBox.baseVal.width;
    return { picture, scale: picture.clientWidth / width, length: width - given.after - given.left };
  }

  function nearest(times, time) {
    let best = 0;
    for (let k = 1; k < times.length; k++) {
      if (Math.abs(times[k] - time) < Math.abs(times[best] - time)) best = k;
    }
    return best;
  }

  function show(time) {
    at = Math.min(Math.max(time, given.first), given.last);
    const { picture, scale, length } = frame();
    const left = picture.getBoundingClientRect().left - chart.getBoundingClientRect().left;
    const x = left + (given.left + ((at - given.first) / (given.last - given.first)) * length) * scale;
    cursor.style.left = x + "px";
    tip.replaceChildren(document.createTextNode(at.toFixed(1) + " s"));
    for (const person of given.people) {
      const k = nearest(person.time, at);
      const line = tip.appendChild(document.createElement("div"));
      const near = Math.abs(person.time[k] - at) <= given.step;
      const value = (name) => (near ? signed(person[name][k]) : "–");
      line.textContent = `${person.name}: valence ${value("valence")}, arousal ${value("arousal")}`;
      line.style.borderLeft = `4px solid ${person.colour}`;
      line.style.paddingLeft = "0.4em";
    }
    cursor.hidden = tip.hidden = false;
    const room = chart.clientWidth - x - 12;
    tip.style.left = (room > tip.offsetWidth ? x + 12 : Math.max(x - tip.offsetWidth - 12, 0)) + "px";
  }

  chart.addEventListener("pointermove", (event) => {
    const { picture, scale, length } = frame();
    const inside = (event.clientX - picture.getBoundingClientRect().left) / scale;
    show(given.first + ((inside - given.left) / length) * (given.last - given.first));
  });
  chart.addEventListener("pointerleave", () => { cursor.hidden = tip.hidden = true; });
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    show(at + step * given.step);
  });
}
