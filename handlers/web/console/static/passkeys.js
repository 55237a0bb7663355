// Signing in with a passkey, and making one: only for the pages that offer it.
"use strict";

(() => {
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
    form.submit();
  }

  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      usePasskey(form).catch(() => {
        const state = document.getElementById("state");
        state.textContent = document.body.dataset.passkeyFailed;
        state.hidden = false;
      });
    });
  }
})();
