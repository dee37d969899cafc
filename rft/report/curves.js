"use strict";
// Smooths the curves anew: on a linear axis the moving mean of the drawn heights is the drawn moving mean of the values.
(() => {
  const slider = document.getElementById("smoothing"), told = document.getElementById("smoothing-told");
  if (!slider) return;
  const pairs = [...document.querySelectorAll("polyline.smooth")].map((line) => {
    const raw = line.previousElementSibling;
    return [line, raw.getAttribute("points").split(" ").map((place) => place.split(",").map(Number))];
  });
  function smooth() {
    const weight = Number(slider.value);
    told.textContent = weight.toFixed(2);
    for (const [line, points] of pairs) {
      let past = 0, share = 1;
      line.setAttribute("points", points.map(([x, y]) => {
        past = past * weight + (1 - weight) * y;
        share *= weight;
        return `${x},${(past / (1 - share)).toFixed(1)}`;
      }).join(" "));
    }
  }
  document.getElementById("smoother").hidden = false;
  slider.addEventListener("input", smooth);
})();
