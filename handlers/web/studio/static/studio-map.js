// Shows the map where it begins; without this, a link above it does.
"use strict";

(() => {
  const frame = document.querySelector(".map-frame");
  const begins = document.getElementById("begins");
  if (!frame || !begins) return;
  const box = begins.getBoundingClientRect();
  const around = frame.getBoundingClientRect();
  frame.scrollLeft = box.left - around.left - Math.max(0, (around.width - box.width) / 2);
})();
