// The console's page while it is open: news come in, what is typed stays, and nothing here is needed to work.
"use strict";

(() => {
  const body = document.body;
  const PART = "text/x-part";
  const BEAT = 8000;
  let typedAt = 0;
  let sound = null;
  let listening = false;

  // News

  function listen() {
    if (!body.dataset.stream || !window.EventSource) return;
    const stream = new EventSource(body.dataset.stream);
    stream.addEventListener("open", () => {
      listening = true;
      tellState("");
    });
    stream.addEventListener("away", () => tellState(body.dataset.away));
    stream.addEventListener("error", () => {
      listening = false;
      tellState(body.dataset.offline);
      // Where it was told that it cannot be now, a browser does not come again, and does not say why.
      if (stream.readyState === EventSource.CLOSED) {
        refresh();
        setTimeout(listen, 5000);
      }
    });
    stream.addEventListener("over", () => {
      stream.close();
      signedOut();
    });
    stream.addEventListener("news", (event) => {
      const news = JSON.parse(event.data);
      const fresh = freshOf(news.urgent);
      const ticket = body.dataset.ticket;
      // Null: the stream has just begun, and anything may have changed since the page was made.
      if (!ticket || news.changed === null || news.changed.includes(ticket) || fresh) refresh();
      if (fresh) alarm();
    });
  }

  function signedOut() {
    leaving = true;
    location.assign("/desk/sign-in?told=session-over");
  }

  // Urgent ones that this window has not rung for, on whichever of its pages it was.
  function freshOf(urgent) {
    const rung = new Set((sessionStorage.getItem("rung") || "").split(" "));
    sessionStorage.setItem("rung", urgent.join(" "));
    return urgent.some((one) => !rung.has(one));
  }

  function tellState(words) {
    const state = document.getElementById("state");
    if (!state) return;
    state.textContent = words || "";
    state.hidden = !words;
  }

  let refreshing = null;
  let again = false;

  function refresh() {
    if (refreshing) {
      again = true;
      return;
    }
    refreshing = fetch(location.href, { headers: { Accept: PART }, credentials: "same-origin" })
      .then((answer) => {
        if (answer.status === 401) signedOut();
        if (answer.status === 503 && !listening) tellState(body.dataset.away);
        if (answer.ok && listening) tellState("");
        return answer.ok && !answer.redirected ? answer.text() : "";
      })
      .then((text) => text && show(new DOMParser().parseFromString(text, "text/html")))
      .catch(() => tellState(body.dataset.offline))
      .finally(() => {
        refreshing = null;
        if (again) {
          again = false;
          refresh();
        }
      });
  }

  function show(fresh) {
    if (fresh.title) document.title = fresh.title;
    const lines = document.getElementById("lines");
    const wasAtEnd = lines && lines.getBoundingClientRect().bottom <= innerHeight + 80;
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      if (!now || old.innerHTML === now.innerHTML || isInUse(old)) continue;
      const focused = old.contains(document.activeElement) ? document.activeElement.closest("[id]") : null;
      old.replaceChildren(...now.childNodes);
      if (focused) {
        const next = document.getElementById(focused.id);
        const target = next && (next.matches("a, button, input") ? next : next.querySelector("a, button"));
        if (target) target.focus({ preventScroll: true });
      }
      if (old.id === "lines" && wasAtEnd) scrollToEnd();
    }
  }

  // Somebody is in the middle of filling it in: what is typed must not go, and nothing must jump away below a thumb.
  function isInUse(part) {
    const active = document.activeElement;
    const types = active && part.contains(active) && active.matches("input:not([type=hidden]), textarea, select");
    return types || Boolean(part.querySelector("details.tool[open]"));
  }

  function scrollToEnd() {
    const last = document.querySelector("#lines .lines > :last-child");
    if (last) last.scrollIntoView({ block: "nearest" });
  }

  // An urgent call that nobody has taken

  function alarm() {
    const news = document.getElementById("news");
    const line = `${body.dataset.urgent}`;
    if (news) {
      refreshThen(() => {
        const names = [...document.querySelectorAll(".row.emergency .open, .row.high .open")].map((one) => one.textContent);
        news.textContent = `${line} ${names.join(", ")}`;
      });
    }
    ring();
    if (window.Notification && Notification.permission === "granted" && document.hidden) {
      const note = new Notification(line, { tag: "urgent", requireInteraction: true });
      note.onclick = () => window.focus();
    }
  }

  function refreshThen(after) {
    refresh();
    const wait = () => (refreshing ? refreshing.then(wait) : after());
    wait();
  }

  function ring() {
    if (!sound || sound.state !== "running") return;
    [0, 0.25, 0.5].forEach((start, place) => {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      tone.frequency.value = place % 2 ? 660 : 880;
      volume.gain.setValueAtTime(0.0001, sound.currentTime + start);
      volume.gain.exponentialRampToValueAtTime(0.25, sound.currentTime + start + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + start + 0.2);
      tone.connect(volume).connect(sound.destination);
      tone.start(sound.currentTime + start);
      tone.stop(sound.currentTime + start + 0.22);
    });
  }

  function offerAlerts() {
    const button = document.getElementById("alerts");
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!button || !Context) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      sound = sound || new Context();
      await sound.resume();
      ring();
      const told = window.Notification ? await Notification.requestPermission() : "granted";
      button.textContent = told === "denied" ? button.dataset.blocked : button.dataset.on;
      button.disabled = true;
    });
  }

  // Who is here, and who is typing

  function beat() {
    if (!body.dataset.presence || document.hidden) return;
    const form = new URLSearchParams({
      csrf: body.dataset.csrf,
      ticket: body.dataset.ticket || "",
      state: Date.now() - typedAt < BEAT ? "typing" : "looking",
    });
    fetch(body.dataset.presence, { method: "POST", body: form, credentials: "same-origin" }).catch(() => {});
  }

  function keepWords() {
    for (const form of document.querySelectorAll("form[data-keep]")) {
      form.addEventListener("input", () => {
        const first = Date.now() - typedAt >= BEAT;
        typedAt = Date.now();
        if (first) beat();
      });
    }
    addEventListener("beforeunload", (event) => {
      if (!leaving && hasUnsent()) event.preventDefault();
    });
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      if (form.method === "post" && !form.dataset.passkey) form.dataset.sent = "1";
      if (form.matches("[data-keep]") || !hasUnsent()) leaving = true;
    });
  }

  let leaving = false;

  // A page that the browser kept for the way back works as a fresh one.
  addEventListener("pageshow", () => {
    leaving = false;
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  function hasUnsent() {
    return [...document.querySelectorAll("form[data-keep] textarea")].some((box) => box.value !== box.defaultValue);
  }

  // Keys

  function keys() {
    document.addEventListener("keydown", (event) => {
      const target = event.target;
      const box = document.getElementById("reply");
      if (target === box && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        box.form.requestSubmit();
        return;
      }
      const types = target.matches && target.matches("input, textarea, select, [contenteditable]");
      if (types || event.ctrlKey || event.metaKey || event.altKey) return;
      const done = KEYS[event.key];
      if (done && done()) event.preventDefault();
    });
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    }
  }

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    r: () => focusOn("reply"),
    c: () => pressOn("[data-claim]"),
    "/": () => focusOn("search"),
    "?": () => {
      const dialog = document.getElementById("keys");
      if (dialog && dialog.showModal && !dialog.open) dialog.showModal();
      return true;
    },
  };

  function move(step) {
    const rows = [...document.querySelectorAll(".row a.open")];
    if (!rows.length) return false;
    const place = rows.indexOf(document.activeElement);
    rows[Math.min(rows.length - 1, Math.max(0, place < 0 ? 0 : place + step))].focus();
    return true;
  }

  function focusOn(id) {
    const found = document.getElementById(id);
    if (found) found.focus();
    return Boolean(found);
  }

  function pressOn(selector) {
    const row = document.activeElement && document.activeElement.closest(".row");
    const found = (row || document).querySelector(selector);
    if (found) found.click();
    return Boolean(found);
  }

  // Phrases: a search that narrows the list while one types

  function search() {
    const box = document.getElementById("search");
    if (!box) return;
    const items = [...document.querySelectorAll("[data-find]")];
    const narrow = () => {
      const wanted = box.value.trim().toLowerCase();
      for (const item of items) item.hidden = wanted !== "" && !item.textContent.toLowerCase().includes(wanted);
      for (const group of document.querySelectorAll("[data-group]")) {
        group.hidden = !group.querySelector("[data-find]:not([hidden])");
      }
    };
    box.addEventListener("input", narrow);
    narrow();
  }

  // Passkeys

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function opened(options) {
    const asked = { ...options, challenge: bytes(options.challenge) };
    if (asked.user) asked.user = { ...asked.user, id: bytes(asked.user.id) };
    for (const name of ["allowCredentials", "excludeCredentials"]) {
      if (asked[name]) asked[name] = asked[name].map((one) => ({ ...one, id: bytes(one.id) }));
    }
    const prf = asked.extensions && asked.extensions.prf;
    if (prf) asked.extensions = { prf: { eval: { first: bytes(prf.eval.first) } } };
    return asked;
  }

  function answerOf(found) {
    const told = found.response;
    const response = { clientDataJSON: text(told.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (told[name]) response[name] = text(told[name]);
    }
    return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
  }

  function secretOf(found) {
    const prf = found.getClientExtensionResults().prf;
    return prf && prf.results && prf.results.first ? text(prf.results.first) : "";
  }

  async function secretLater(options, made) {
    const asked = {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rpId: options.rp.id,
      allowCredentials: [{ type: "public-key", id: made.rawId }],
      userVerification: "required",
      extensions: options.extensions,
    };
    return secretOf(await navigator.credentials.get({ publicKey: asked }));
  }

  async function usePasskey(form) {
    const csrf = form.elements.csrf ? form.elements.csrf.value : "";
    const asked = await fetch(form.dataset.options, {
      method: "POST",
      body: new URLSearchParams({ csrf }),
      credentials: "same-origin",
    });
    const options = opened(await asked.json());
    const makes = form.dataset.passkey === "create";
    const found = makes
      ? await navigator.credentials.create({ publicKey: options })
      : await navigator.credentials.get({ publicKey: options });
    form.elements.answer.value = answerOf(found);
    form.elements.prf.value = secretOf(found);
    const prf = found.getClientExtensionResults().prf;
    if (makes && !form.elements.prf.value && prf && prf.enabled) {
      form.elements.prf.value = await secretLater(options, found);
    }
    leaving = true;
    form.submit();
  }

  function passkeys() {
    if (!window.PublicKeyCredential) return;
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.hidden = false;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        usePasskey(form).catch(() => tellState(body.dataset.passkeyFailed));
      });
    }
  }

  // From Telegram the page comes with who opened it, signed by Telegram; the password is still asked for

  function fromTelegram() {
    const data = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData");
    const form = document.querySelector("form[action='/desk/sign-in']");
    if (!data || !form) return;
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "telegram";
    field.value = data;
    form.append(field);
    const name = form.elements.name;
    if (name) {
      name.required = false;
      name.closest("p").hidden = true;
    }
    history.replaceState(null, "", location.pathname + location.search);
  }

  for (const form of document.querySelectorAll("form[data-instant]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
  listen();
  offerAlerts();
  keepWords();
  keys();
  search();
  passkeys();
  fromTelegram();
  scrollToEnd();
  beat();
  setInterval(beat, BEAT);
  document.addEventListener("visibilitychange", beat);
})();
