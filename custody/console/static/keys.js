// Security keys: enrolling one, and signing with it. What is signed comes with the button;
// the browser, the key and the person make the rest, and the console checks it before it
// goes to the locks.
"use strict";
(() => {
  const words = document.body.dataset;
  const answer = document.getElementById("answer");
  const lang = document.documentElement.lang;

  const fromURL = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const toBase64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

  function tell(text, good) {
    answer.textContent = text;
    answer.className = good ? "good" : "bad";
  }

  // send posts an act. Its key makes a retry of the browser harmless.
  async function send(path, body) {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() },
      body: JSON.stringify(body),
    });
    const content = await response.json();
    if (!response.ok) {
      const part = (text) => (text && text[lang === "en" ? "en" : "zh"]) || "";
      throw new Error([part(content.text), part(content.next)].join(" "));
    }
    return content;
  }

  async function assertion(challenge, credential) {
    const got = await navigator.credentials.get({
      publicKey: {
        challenge: fromURL(challenge),
        rpId: words.rp,
        allowCredentials: [{ type: "public-key", id: credential }],
        userVerification: "required",
        timeout: 50000,
      },
    });
    return {
      authenticator_data: toBase64(got.response.authenticatorData),
      client_data: toBase64(got.response.clientDataJSON),
      signature: toBase64(got.response.signature),
    };
  }

  async function sign(button) {
    const { sign: person, safe, challenge, credential } = button.dataset;
    const signed = await assertion(challenge, fromURL(credential));
    await send(`/api/v1/safes/${safe}/signatures`, { person, ...signed });
  }

  async function enrol(button) {
    const { enrol: user, name, challenge } = button.dataset;
    const made = await navigator.credentials.create({
      publicKey: {
        challenge: fromURL(challenge),
        rp: { id: words.rp, name: words.rp },
        user: { id: fromURL(user), name, displayName: name },
        pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -8 }],
        authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
        attestation: "none",
        timeout: 120000,
      },
    });
    // A first signature shows that the key signs as the locks demand it.
    const first = await assertion(challenge, new Uint8Array(made.rawId));
    await send("/api/v1/keys", { credential: toBase64(made.rawId), public: toBase64(made.response.getPublicKey()), ...first });
    location.reload();
  }

  async function change(button) {
    const { change: safe, lock } = button.dataset;
    await send(`/api/v1/safes/${safe}/keys`, lock ? { locks: [lock] } : {});
    location.assign(`/safes/${safe}?lang=${lang}`);
  }

  async function carryOut(button, what) {
    if (!window.PublicKeyCredential) return tell(words.unsupported, false);
    button.disabled = true;
    tell(words.touch, true);
    try {
      await what(button);
      tell(words.done, true);
    } catch (error) {
      tell(error.name === "NotAllowedError" ? words.failed : error.message || words.failed, false);
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-sign], button[data-enrol], button[data-change]");
    if (!button) return;
    const what = button.dataset.sign ? sign : button.dataset.enrol ? enrol : change;
    carryOut(button, what);
  });
})();
