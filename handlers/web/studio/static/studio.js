// The studio's pages while they are open: nothing here is needed to work.
"use strict";

(() => {
  // What takes a while comes after the page

  for (const place of document.querySelectorAll("[data-load]")) {
    fetch(place.dataset.load, { headers: { Accept: "text/x-fragments, text/html" }, credentials: "same-origin" })
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
      .then((text) => {
        const loaded = text && new DOMParser().parseFromString(text, "text/html").getElementById("loaded");
        if (loaded) place.replaceChildren(...loaded.childNodes);
      })
      .catch(() => {});
  }

  // Who leaves a form with something in it that was not saved is asked

  let leaving = false;
  const changed = new Set();
  for (const form of document.querySelectorAll("form[data-form], form[data-text]")) {
    form.addEventListener("input", () => changed.add(form));
  }
  document.addEventListener("submit", () => {
    leaving = true;
  });
  addEventListener("pageshow", () => {
    leaving = false;
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && changed.size) event.preventDefault();
  });
})();
