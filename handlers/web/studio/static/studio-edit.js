// The editor while it is open: the check as one types, words that may stand at the cursor, and one more row.
"use strict";

(() => {
  const body = document.body;
  const PAUSE = 350;
  const form = document.querySelector("form[data-form], form[data-text]");
  if (!form || !body.dataset.check) return;
  const source = form.elements.source;
  const list = document.getElementById("findings");
  const words = document.getElementById("words");
  let waiting = 0;
  let asked = 0;

  async function ask(path, data) {
    const answer = await fetch(path, { method: "POST", body: data, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error("not answered");
    return answer.json();
  }

  // Checking

  // Where one only looks, the fields are locked, and a browser would leave them out.
  function filledIn() {
    const locked = form.querySelectorAll("fieldset[disabled]");
    for (const one of locked) one.disabled = false;
    const data = new FormData(form);
    for (const one of locked) one.disabled = true;
    return data;
  }

  async function check() {
    const turn = ++asked;
    const found = await ask(body.dataset.check, filledIn()).catch(() => null);
    if (!found || turn !== asked) return;
    const wrong = { ...found.wrong };
    for (const one of found.findings) {
      if (one.field) wrong[one.field] = [...(wrong[one.field] || []), one.words];
    }
    for (const place of document.querySelectorAll("[data-wrong]")) {
      const said = (wrong[place.dataset.wrong] || []).join(" · ");
      place.textContent = said;
      place.hidden = !said;
      const field = document.getElementById(`f-${place.dataset.wrong}`);
      if (field) field.toggleAttribute("aria-invalid", Boolean(said));
    }
    show(found.findings, wrong);
  }

  function show(findings, wrong) {
    const rows = findings.map((one) => {
      const row = document.createElement("li");
      row.className = `finding ${one.severity}`;
      const place = document.createElement("a");
      place.className = "place";
      place.href = `#L${one.line}`;
      place.dataset.line = one.line;
      place.textContent = `${one.line}:${one.column}`;
      const said = document.createElement("span");
      said.textContent = one.words;
      row.append(place, " ", said);
      return row;
    });
    for (const said of wrong[""] || []) {
      const row = document.createElement("li");
      row.className = "finding error";
      row.textContent = said;
      rows.unshift(row);
    }
    if (!rows.length) {
      const fine = document.createElement("li");
      fine.className = "fine";
      fine.textContent = Object.values(wrong).some((one) => one.length) ? "" : list.dataset.fine;
      rows.push(fine);
    }
    list.replaceChildren(...rows);
    const offered = document.getElementById("check");
    if (offered) offered.hidden = true;
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, PAUSE);
  });

  if (document.getElementById("check")) check();

  // A line that a finding names

  function goToLine(line) {
    if (!source) return false;
    const lines = source.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    source.focus();
    source.setSelectionRange(start, start + (lines[line - 1] || "").length);
    source.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(source).lineHeight));
    return true;
  }

  list.addEventListener("click", (event) => {
    const place = event.target.closest("[data-line]");
    if (place && goToLine(Number(place.dataset.line))) event.preventDefault();
  });

  // Words that may stand at the cursor

  function cursor() {
    const before = source.value.slice(0, source.selectionStart).split("\n");
    return { line: before.length, column: before[before.length - 1].length + 1 };
  }

  function begun() {
    return /[^\s:{}[\],"']*$/.exec(source.value.slice(0, source.selectionStart))[0];
  }

  async function complete() {
    const at = cursor();
    const data = new FormData(form);
    data.set("line", at.line);
    data.set("column", at.column);
    const found = await ask(body.dataset.complete, data).catch(() => []);
    const start = begun();
    const fitting = found.filter((one) => one.word.startsWith(start)).slice(0, 12);
    words.replaceChildren(
      ...fitting.map((one) => {
        const row = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "word";
        const about = document.createElement("small");
        about.textContent = one.about;
        button.append(one.word, " ", about);
        button.addEventListener("click", () => take(one.word, start));
        row.append(button);
        return row;
      })
    );
    words.hidden = !fitting.length;
    const first = words.querySelector("button");
    if (first) first.focus();
  }

  function take(word, start) {
    const end = source.selectionStart;
    source.focus();
    source.setRangeText(word, end - start.length, end, "end");
    words.hidden = true;
    source.dispatchEvent(new Event("input", { bubbles: true }));
  }

  if (source && !source.readOnly) {
    source.addEventListener("keydown", (event) => {
      if (event.key === " " && event.ctrlKey) {
        event.preventDefault();
        complete();
      }
      if (event.key === "Escape") words.hidden = true;
    });
    words.addEventListener("keydown", (event) => {
      const buttons = [...words.querySelectorAll("button")];
      const place = buttons.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") {
        words.hidden = true;
        source.focus();
      } else if (step) {
        event.preventDefault();
        buttons[(place + step + buttons.length) % buttons.length].focus();
      }
    });
  }
  if (source) {
    const wanted = /^#L(\d+)$/.exec(location.hash);
    const line = Number(wanted ? wanted[1] : source.dataset.line);
    if (line > 1) goToLine(line);
  }

  // One more row: a copy of the empty one at the end, under the next number

  for (const rows of document.querySelectorAll("[data-rows]")) {
    rows.addEventListener("input", (event) => {
      if (event.target.closest("[data-rows]") !== rows) return;
      const last = [...rows.children].filter((one) => one.matches("[data-row], input")).pop();
      if (!last || !(last === event.target || last.contains(event.target))) return;
      const copy = last.cloneNode(true);
      if (last.matches("input")) {
        copy.value = "";
      } else {
        const was = last.dataset.row;
        const next = was.replace(/\d+$/, (number) => Number(number) + 1);
        const renamed = (value) => (value.startsWith(was) ? next + value.slice(was.length) : value);
        copy.dataset.row = next;
        for (const one of [copy, ...copy.querySelectorAll("*")]) {
          if (one.name) one.name = renamed(one.name);
          for (const attribute of ["id", "for", "data-wrong", "data-row", "aria-describedby"]) {
            const value = one.getAttribute(attribute);
            if (value) one.setAttribute(attribute, value.replaceAll(`-${was}.`, `-${next}.`).replaceAll(was + ".", next + "."));
          }
          if (one.matches("input[type=checkbox], input[type=radio]")) one.checked = false;
          else if (one.matches("input, textarea")) one.value = "";
          else if (one.matches("select")) one.selectedIndex = 0;
          if (one.matches("[data-wrong]")) one.hidden = true;
        }
        if (copy.matches("details")) copy.open = false;
      }
      last.after(copy);
    });
  }
})();
