// What every page does by itself: menus, search key, theme, alerts and toasts, questions before an act.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Menus are <details data-menu>: only one is open; Escape and a click elsewhere close it.
const openMenus = () => all("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) one("summary", menu).focus();
  }
});
document.addEventListener("toggle", (event) => {
  if (event.target.matches("details[data-menu]") && event.target.open) event.target.dispatchEvent(new CustomEvent("opened"));
}, true);
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

// "/" goes to the search box, unless somebody is typing.
document.addEventListener("keydown", (event) => {
  const search = one("[data-search]");
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]:not([contenteditable=false])");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping || !search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// The theme changes at once; the server reads the cookie when it draws the next page.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-choice]");
  const theme = form && event.submitter?.value;
  if (!theme) return;
  event.preventDefault();
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  document.documentElement.dataset.bsTheme = theme;
  for (const button of all("button[name=theme]", form)) {
    button.classList.toggle("is-here", button.value === theme);
    button.setAttribute("aria-pressed", button.value === theme);
  }
});

// Alerts and toasts can be closed. A toast leaves by itself, not while it is being read.
document.addEventListener("click", (event) => {
  event.target.closest?.("[data-close]")?.closest("[data-alert], [data-toast]")?.remove();
});
for (const button of all("[data-alert] [data-close]")) button.hidden = false;

function leaveLater(toast) {
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 3000) : toast.remove());
  setTimeout(leave, 9000);
}
const toasts = one("#toasts");
if (toasts) {
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.matches?.("[data-toast]")) leaveLater(node);
  }).observe(toasts, { childList: true });
}

/** Show ``text`` at the corner of the page. */
export function toast(text) {
  const template = one("template#toast");
  if (!toasts || !text || !template) return;
  const copy = template.content.firstElementChild.cloneNode(true);
  one("[data-toast-text]", copy).textContent = text;
  toasts.append(copy);
}
// A view answers with HX-Trigger: {"toast": "…"}.
document.addEventListener("toast", (event) => toast(event.detail.value ?? event.detail));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 401) toast(document.body.dataset.failed);
});
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));
document.addEventListener("htmx:timeout", () => toast(document.body.dataset.offline));

// A question before an act: data-confirm on the button or the form, hx-confirm on what htmx sends.
function ask(question) {
  const dialog = one("#confirm");
  if (!dialog?.showModal) return Promise.resolve(window.confirm(question));
  one("#confirm-text", dialog).textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (!question || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopPropagation();
    const submitter = event.submitter;
    if (!(await ask(question))) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  },
  true,
);
document.addEventListener("htmx:confirm", async (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  if (await ask(event.detail.question)) event.detail.issueRequest(true);
});

// Dialogs: <button data-open="#id"> opens one, <button data-shut> in it closes it. Without scripts they are told by [open].
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-open]");
  if (opener) one(opener.dataset.open)?.showModal();
  event.target.closest?.("[data-shut]")?.closest("dialog")?.close();
});

// What scrolls sideways can be scrolled by keyboard.
for (const wrap of all(".table-wrap")) if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;

// A filter sends itself when a choice in it changes.
document.addEventListener("change", (event) => {
  event.target.closest?.("form[data-auto]")?.requestSubmit();
});
