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
