// A form with data-keep warns before what was typed is lost, also when its person is signed out meanwhile; a form is sent
// only once.

const changed = new WeakSet();
const sent = new WeakSet();
const asked = new WeakSet();
const PATIENCE = 10_000; // then it may be sent again: the server did not answer

/** Hold the form while it is on its way, and show it at its button; or let it go again. */
function hold(form, isHeld) {
  if (isHeld) sent.add(form);
  else sent.delete(form);
  form.toggleAttribute("data-sending", isHeld);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keep]");
  if (form) changed.add(form);
});

/** Whether the form's person is still signed in: then it takes the token of today. Otherwise the page says what to do. */
async function isStillTheirs(form) {
  const { session, person } = document.body.dataset;
  try {
    const answer = await fetch(session, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    const now = answer.ok ? await answer.json() : {};
    if (answer.type === "opaqueredirect" || (answer.ok && String(now.person) !== person)) {
      document.querySelector("#signed-out").showModal();
      return false;
    }
    if (answer.ok) form.elements.csrfmiddlewaretoken.value = now.token;
    return true;
  } catch {
    document.dispatchEvent(new CustomEvent("toast", { detail: document.querySelector("#toasts").dataset.offline }));
    return false;
  }
}
async function askThenSend(form, submitter) {
  hold(form, true);
  const isTheirs = await isStillTheirs(form);
  hold(form, false);
  if (!isTheirs) return;
  asked.add(form);
  form.dataset.confirmed = "yes"; // if there was a question, it was answered
  form.requestSubmit(submitter);
  delete form.dataset.confirmed;
  asked.delete(form);
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sent.has(form)) return event.preventDefault();
  if ("keep" in form.dataset && document.body.dataset.session && !asked.has(form)) {
    event.preventDefault();
    askThenSend(form, event.submitter);
    return;
  }
  changed.delete(form);
  hold(form, true);
  setTimeout(() => hold(form, false), PATIENCE);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) changed.delete(event.detail.elt.closest("form"));
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) hold(form, false); // who goes back may send once more
});
window.addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form[data-keep]")].some((form) => changed.has(form))) event.preventDefault();
});

// The first field that is wrong gets the focus.
document.querySelector("main [aria-invalid=true]")?.focus();

// Before an upload begins, a file above data-max-bytes is named at its field.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || !input.dataset.maxBytes) return;
  const tooBig = [...input.files].find((file) => file.size > Number(input.dataset.maxBytes));
  input.setCustomValidity(tooBig ? `${tooBig.name}: ${input.dataset.tooBig ?? ""}` : "");
  input.reportValidity();
});

// Browsers write the words of a file field, and the order of day and month, in their own language, not in the page's.
function drawFile(box) {
  const [input, names] = [box.querySelector("input[type=file]"), box.querySelector("[data-file-names]")];
  const show = () => { names.textContent = [...input.files].map((file) => file.name).join(", ") || names.dataset.fileNames; };
  input.addEventListener("change", show);
  input.form?.addEventListener("reset", () => setTimeout(show));
  show();
  box.classList.add("is-drawn");
}

const hasDay = new WeakSet();
const weekday = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", timeZone: "UTC" });
function drawDay(input) {
  if (hasDay.has(input)) return;
  hasDay.add(input);
  const words = document.createElement("small");
  const show = () => {
    const day = input.value.split("-").reverse().join("/");
    words.textContent = day && `${weekday.format(input.valueAsDate).replace("Nhật", "nhật")}, ${day}`;
  };
  words.className = "field-day";
  input.addEventListener("input", show);
  input.after(words);
  show();
}

function draw() {
  document.querySelectorAll("[data-file]:not(.is-drawn)").forEach(drawFile);
  document.querySelectorAll(".field > input[type=date]").forEach(drawDay);
}
draw();
document.addEventListener("htmx:load", draw); // fields that came after the page
