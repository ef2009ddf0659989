// A form with data-keep warns before what was typed is lost; any form is sent only once.

const changed = new WeakSet();

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keep]");
  if (form) changed.add(form);
});
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  changed.delete(event.target);
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
