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

  // What is too large is said before it is sent: nobody reads it there

  for (const input of document.querySelectorAll("input[data-most]")) {
    input.addEventListener("change", () => {
      const [file] = input.files;
      input.setCustomValidity(file && file.size > Number(input.dataset.most) ? input.dataset.tooLarge : "");
      input.reportValidity();
    });
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
