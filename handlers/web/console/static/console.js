// The console's page while it is open: news come in, what is typed stays, and nothing here is needed to work.
"use strict";

(() => {
  const body = document.body;
  const PART = "text/x-part";
  const BEAT = 8000;
  const RING_EVERY = 30000;
  let typedAt = 0;
  let sound = null;
  let listening = false;
  let standing = null;
  let ringing = null;

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
      const others = standing !== news.urgent.join(" ");
      standing = news.urgent.join(" ");
      // Null: the stream has just begun, and anything may have changed since the page was made.
      if (others || !ticket || news.changed === null || news.changed.includes(ticket)) refresh();
      if (!news.urgent.length) stopRinging();
      if (fresh) alarm();
    });
  }

  // What is being written goes to the server as that, and without the token: it sends it to nobody, it hands it back.
  function signedOut() {
    if (isOver) return;
    isOver = leaving = true;
    sessionStorage.setItem("over", "1");
    notify(body.dataset.over, "over");
    const box = unsent();
    if (!box) {
      location.assign("/desk/sign-in?told=session-over");
      return;
    }
    const draft = Object.assign(document.createElement("input"), { type: "hidden", name: "draft", value: "1" });
    box.form.append(draft);
    box.form.elements.csrf.value = "";
    box.form.submit();
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
        // Deleted, or not theirs any more: what stands here must not stay.
        if (body.dataset.ticket && (answer.status === 403 || answer.status === 404)) {
          leaving = true;
          location.reload();
        }
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
    const line = body.dataset.urgent;
    if (news) {
      refresh();
      const tell = () => {
        if (refreshing) return refreshing.then(tell);
        const names = [...document.querySelectorAll(".row.emergency .open, .row.high .open")].map((one) => one.textContent);
        news.textContent = `${line} ${names.join(", ")}`;
      };
      tell();
    }
    notify(line, "urgent");
    ringOn();
  }

  // Who is in the next room may not hear it once: it rings until somebody takes the case, or is at this page.
  function ringOn() {
    stopRinging();
    ringing = setInterval(ring, RING_EVERY);
    ring();
  }

  function stopRinging() {
    clearInterval(ringing);
  }

  function notify(line, tag) {
    if (!window.Notification || Notification.permission !== "granted" || !document.hidden) return;
    try {
      const note = new Notification(line, { tag, requireInteraction: true });
      note.onclick = () => window.focus();
    } catch {
      // Browsers on phones know the word and refuse to do it: there it only rings.
    }
  }

  function ring() {
    if (!sound || sound.state !== "running") return;
    if (navigator.vibrate) navigator.vibrate([300, 150, 300]);
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

  // Whether it is to ring is kept for this window: each page has to open its sound anew, and some browsers let a page
  // do so only once somebody has touched it. The button says what is, on each page.
  function offerAlerts() {
    const button = document.getElementById("alerts");
    if (!button || !(window.AudioContext || window.webkitAudioContext)) return;
    const strip = button.closest(".strip");
    const tell = () => {
      const rings = Boolean(sound) && sound.state === "running";
      const isBlocked = window.Notification && Notification.permission === "denied";
      button.textContent = !rings ? button.dataset.off : isBlocked ? button.dataset.blocked : button.dataset.on;
      button.disabled = rings;
      if (strip) strip.hidden = rings || !isToRing();
    };
    button.hidden = false;
    button.addEventListener("click", async () => {
      sessionStorage.setItem("rings", "1");
      await openSound(tell);
      ring();
      if (window.Notification) await Notification.requestPermission();
      tell();
    });
    if (isToRing()) openSound(tell);
    tell();
  }

  function isToRing() {
    return sessionStorage.getItem("rings") === "1";
  }

  async function openSound(tell) {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!Context) return;
    if (!sound) {
      sound = new Context();
      sound.addEventListener("statechange", tell);
    }
    tell();
    await sound.resume();
  }

  function onTouch() {
    stopRinging();
    if (sound && sound.state !== "running") sound.resume();
  }

  // Whoever was signed out while away must hear it: nothing else will ring here.
  function tellOver() {
    if (!sessionStorage.getItem("over")) return;
    sessionStorage.removeItem("over");
    if (!isToRing()) return;
    document.title = `(!) ${document.title}`;
    openSound(() => {}).then(ringOn);
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
      if (!leaving && unsent()) event.preventDefault();
    });
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      if (form.method === "post" && !form.dataset.passkey) form.dataset.sent = "1";
      if (form.matches("[data-keep]") || !unsent()) leaving = true;
    });
  }

  let leaving = false;
  let isOver = false;

  // A page that the browser kept for the way back works as a fresh one.
  addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted && body.dataset.stream) refresh();
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  function unsent() {
    return [...document.querySelectorAll("form[data-keep] textarea")].find((box) => box.value !== box.defaultValue);
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
    const folded = found && found.closest("details");
    if (folded) folded.open = true;
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
  tellOver();
  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, onTouch);
  keepWords();
  keys();
  search();
  fromTelegram();
  scrollToEnd();
  beat();
  setInterval(beat, BEAT);
  // How long each waits is told anew.
  setInterval(() => listening && !document.hidden && refresh(), 60000);
  document.addEventListener("visibilitychange", beat);
})();
