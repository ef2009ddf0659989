// Passkeys. A form with data-passkey="get" or "create" asks the browser and sends the answer in its field
// "credential". What the browser is asked stands in data-options; the sign-in page gives data-challenge and data-host
// instead. A form is shown only where the browser and this address can do it.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function options(form) {
  const { options, challenge, host } = form.dataset;
  if (challenge) return { challenge: bytes(challenge), rpId: host, userVerification: "required" };
  const asked = JSON.parse(options);
  asked.challenge = bytes(asked.challenge);
  if (asked.user) asked.user.id = bytes(asked.user.id);
  asked.allowCredentials = known(asked.allowCredentials);
  asked.excludeCredentials = known(asked.excludeCredentials);
  return asked;
}

function answer(made) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[name]) response[name] = text(made.response[name]);
  }
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
}

let waiting; // the offer in the account field, which ends when the button is pressed

async function ask(form, more = {}) {
  waiting?.abort();
  waiting = new AbortController();
  const asked = { publicKey: options(form), signal: waiting.signal, ...more };
  const made = await navigator.credentials[form.dataset.passkey](asked);
  form.elements.credential.value = answer(made);
  form.submit();
}

function say(form, error) {
  const told = form.querySelector("[data-passkey-error]");
  const exists = error.name === "InvalidStateError"; // this device has a passkey of the person already
  told.textContent = exists ? told.dataset.exists : told.dataset.passkeyError;
  told.hidden = false;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential || !window.isSecureContext) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!form.reportValidity()) return;
    form.querySelector("[data-passkey-error]").hidden = true;
    ask(form).catch((error) => error.name !== "AbortError" && say(form, error));
  });
  if (form.dataset.challenge && (await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    ask(form, { mediation: "conditional" }).catch(() => {}); // nobody has asked for it: no word when it ends
  }
}
for (const note of document.querySelectorAll("[data-no-passkey]")) {
  note.hidden = Boolean(window.PublicKeyCredential && window.isSecureContext);
}
