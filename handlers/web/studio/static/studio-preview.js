// The phone without loading the page anew; where anything goes wrong, the form is sent like any other.
"use strict";

(() => {
  const kept = (form) => `phone ${form.action} ${form.elements.flow.value} ${form.elements.screen.value}`;

  // Who looks on, when, and what was done; words that are not sent yet are nobody's business.
  const told = (form) => {
    const data = new URLSearchParams(new FormData(form));
    for (const name of ["csrf", "words"]) data.delete(name);
    return data;
  };

  const settle = (form) => {
    const screen = form.querySelector(".phone-screen");
    if (!screen) return;
    // The first of what was said last, with what the person wrote before it.
    const own = [...screen.querySelectorAll(".own, .passed")].pop();
    const first = own || [...screen.querySelectorAll(".phone-said")].pop();
    if (first) screen.scrollTop = first.offsetTop - screen.offsetTop - 8;
  };

  const show = async (form, data, after) => {
    form.classList.add("phone-waits");
    const answer = await fetch(form.action, {
      method: "POST",
      body: data,
      headers: { Accept: "text/x-fragments" },
      credentials: "same-origin",
    });
    if (!answer.ok || answer.redirected) throw new Error("no phone");
    const loaded = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("loaded");
    const old = form.closest("#loaded") || form;
    const open = [...form.querySelectorAll("details")].map((one) => one.open);
    const fresh = loaded.querySelector("form[data-phone]");
    if (fresh) fresh.dataset.shown = "1";
    if (old === form) form.replaceWith(...loaded.childNodes);
    else old.replaceWith(loaded);
    if (!fresh) return;
    fresh.querySelectorAll("details").forEach((one, place) => {
      if (open.length > place) one.open = open[place];
    });
    settle(fresh);
    try {
      sessionStorage.setItem(kept(fresh), told(fresh).toString());
    } catch {
      // Where nothing may be kept, the phone begins anew after saving.
    }
    if (after) after(fresh);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-phone]")) return;
    event.preventDefault();
    // Nobody leaves the page by it: what asks whether that is wanted must not hear of it.
    event.stopPropagation();
    const pressed = event.submitter;
    const data = new URLSearchParams(new FormData(form));
    if (pressed && pressed.name) data.append(pressed.name, pressed.value);
    const wrote = pressed && pressed.value === "say";
    show(form, data, (fresh) => {
      const next = wrote ? fresh.querySelector("#phone-words") : fresh.querySelector(".phone-screen");
      if (next) next.focus({ preventScroll: true });
    }).catch(() => {
      if (pressed && pressed.name) {
        const hidden = document.createElement("input");
        hidden.type = "hidden";
        hidden.name = pressed.name;
        hidden.value = pressed.value;
        form.append(hidden);
      }
      form.submit();
    });
  }, true);

  // Who looks on as somebody else sees that at once.
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form || !form.matches("form[data-phone]") || !event.target.closest(".guise")) return;
    const data = new URLSearchParams(new FormData(form));
    data.append("do", "look");
    const name = event.target.id;
    show(form, data, (fresh) => {
      const same = fresh.ownerDocument.getElementById(name);
      if (same) same.focus({ preventScroll: true });
    }).catch(() => {});
  });

  // After saving, the phone goes on where it was, as whoever it was.
  const take = (form) => {
    settle(form);
    let before = null;
    try {
      before = sessionStorage.getItem(kept(form));
    } catch {
      return;
    }
    if (!before || before === told(form).toString() || form.closest(".phone-alone")) return;
    const data = new URLSearchParams(before);
    data.set("csrf", form.elements.csrf.value);
    show(form, data).catch(() => {});
  };

  document.querySelectorAll("form[data-phone]").forEach(take);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        const form = node.matches("form[data-phone]") ? node : node.querySelector("form[data-phone]");
        // What was shown by a press is no new phone.
        if (form && !form.dataset.shown) take(form);
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
