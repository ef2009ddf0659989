// A form with data-keep warns before what was typed is lost; a form is sent only once.

const changed = new WeakSet();
const sent = new WeakSet();
const PATIENCE = 10_000; // then it may be sent again: the server did not answer

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keep]");
  if (form) changed.add(form);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sent.has(form)) return event.preventDefault();
  changed.delete(form);
  sent.add(form);
  setTimeout(() => sent.delete(form), PATIENCE);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) changed.delete(event.detail.elt.closest("form"));
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
