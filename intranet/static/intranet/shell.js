// What every page does by itself: menus, search, theme, alerts and toasts, questions before an act, cards that
// come after the page, live notices. One file, because every page needs all of it at once.

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

// On a phone the entries of a page's own navigation stand in one line: the one that is open is shown.
for (const here of all(".side-nav-phone [aria-current]")) {
  const line = here.parentElement;
  line.scrollLeft = here.offsetLeft - line.offsetLeft - (line.clientWidth - here.offsetWidth) / 2;
}

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
  if (event.submitter?.name !== "theme") return;
  event.preventDefault();
  const theme = event.submitter.value;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  document.documentElement.dataset.bsTheme = theme;
  for (const button of all("button[name=theme]")) {
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

// What the page says above its content was there before anybody listened: put in once more, it is read out.
const said = one(".messages");
if (said) setTimeout(() => said.contains(document.activeElement) || said.append(...said.children), 600);

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
  if (event.detail.xhr.status !== 401) toast(toasts?.dataset.failed);
});
document.addEventListener("htmx:sendError", () => toast(toasts?.dataset.offline));
document.addEventListener("htmx:timeout", () => toast(toasts?.dataset.offline));

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

// The panel below the search box: the arrows walk through it, Escape and a click elsewhere close it.
const box = one("[data-search]");
const panel = one("#search-panel");

if (box && panel) {
  const links = () => all("a", panel);
  const show = (shown) => {
    panel.hidden = !shown;
  };

  panel.addEventListener("htmx:afterSwap", () => show(document.activeElement === box && panel.textContent.trim() !== ""));
  box.addEventListener("focus", () => show(panel.textContent.trim() !== ""));
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) show(false);
  });
  document.addEventListener("focusin", (event) => {
    if (!event.target.closest(".search")) show(false);
  });
  box.form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) {
      event.preventDefault();
      box.focus();
      show(false);
      return;
    }
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || panel.hidden) return;
    const stops = [box, ...links()];
    const at = stops.indexOf(document.activeElement);
    const next = stops[(at + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length];
    event.preventDefault();
    next?.focus();
  });
}

// What was done in place on the home page is counted anew; a card whose server does not answer says so.
document.addEventListener("htmx:afterRequest", (event) => {
  const duties = one("[data-duties]");
  if (duties && event.detail.successful && event.detail.elt.closest?.("form[data-duty]")) {
    window.htmx.ajax("GET", duties.dataset.duties, { target: "#duties", swap: "outerHTML" });
  }
});

// What is drawn anew does not take the focus with it: the keyboard goes on in the same place, else in what holds it.
const FOCUSABLE = "a[href], button:enabled, summary, input:enabled:not([type=hidden]), select:enabled, textarea:enabled";
let places = [];
document.addEventListener("htmx:beforeSwap", () => {
  const chain = [];
  for (let at = document.activeElement; at && at !== document.body; at = at.parentElement) chain.push(at);
  places = chain;
});
document.addEventListener("htmx:afterSettle", () => {
  const chain = document.activeElement === document.body ? places : [];
  places = [];
  for (const was of chain) {
    const place = was.isConnected ? was : was.id && document.getElementById(was.id);
    const next = place && [place, ...all(FOCUSABLE, place)].find((each) => each.matches(FOCUSABLE) && each.getClientRects().length);
    if (next) return next.focus({ preventScroll: true });
  }
});

function explain(event) {
  const card = event.detail.elt.closest?.("[data-remote]");
  const failed = one("template#widget-failed");
  if (!card || !failed) return;
  one(".widget-body", card).replaceChildren(failed.content.cloneNode(true));
  event.stopPropagation();
}
for (const name of ["htmx:timeout", "htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(name, explain);
}

// A page that the browser has kept as it was is shown again to nobody else, after signing out as little as after another
// person has signed in.
window.addEventListener("pageshow", async (event) => {
  const { session, person } = document.body.dataset;
  if (!event.persisted || !session) return;
  document.documentElement.hidden = true;
  try {
    const answer = await fetch(session, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
    const isOver = answer.type === "opaqueredirect" || (answer.ok && String((await answer.json()).person) !== person);
    if (isOver) return location.reload();
  } catch {
    // Without a connection the page stays: what was typed into it is worth more.
  }
  document.documentElement.hidden = false;
});

// Live notices. The socket only says that there is something new; the page then fetches it, so rights are asked anew.
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 120_000;

const { socketsPort, noticesNew } = document.body.dataset;
const address = new URL("/ws/notices/", location.href);
address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
if (socketsPort) address.port = socketsPort;
let pause = FIRST_PAUSE;

function tell(notice) {
  document.body.dispatchEvent(new CustomEvent("notice", { detail: notice, bubbles: true }));
  if (window.htmx) {
    window.htmx.ajax("GET", `${noticesNew}?id=${encodeURIComponent(notice.id)}`, { target: "#toasts", swap: "beforeend" });
  }
}

/** Draw the number at the bell anew: what came while nobody listened, or was read in another tab. */
function recount() {
  window.htmx?.ajax("GET", noticesNew, { target: "#toasts", swap: "beforeend" });
}

let again; // the next try, while the connection is cut
function listen() {
  const wasCut = Boolean(again);
  again = clearTimeout(again);
  const socket = new WebSocket(address);
  socket.addEventListener("open", () => {
    pause = FIRST_PAUSE;
    if (wasCut) recount();
  });
  socket.addEventListener("message", (event) => tell(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    if (event.code === 4401) return; // signed out
    again = setTimeout(listen, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  });
}

// Out of the lift, or back at this tab, nobody waits for the next try.
const lookAgain = () => {
  if (again) listen();
  else if (navigator.onLine) recount();
};
if (noticesNew) {
  listen(); // somebody is signed in
  window.addEventListener("online", lookAgain);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) lookAgain();
  });
}
