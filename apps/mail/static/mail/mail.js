// Beside the list: which message is open, how tall its frame is, what is new, choosing all, keys j and k.

const pane = document.getElementById("mail-message");
const mail = document.querySelector("[data-mail]");

// A message's frame may be as tall as its text. Its own policy forbids scripts, so it is measured from here.
function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (page) frame.style.height = `${Math.max(page.scrollHeight, 120)}px`;
}
document.addEventListener("load", (event) => event.target.matches?.("[data-mail-frame]") && fit(event.target), true);
const fitAll = () => document.querySelectorAll("[data-mail-frame]").forEach(fit);
window.addEventListener("resize", fitAll);
fitAll();

const links = () => [...document.querySelectorAll(".mail-rows a")];

function markHere() {
  for (const link of links()) {
    const isHere = new URL(link.href).pathname === location.pathname;
    link.closest(".mail-row").classList.toggle("is-here", isHere);
    if (isHere) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== pane) return;
  mail.classList.add("is-reading");
  markHere();
  document.body.dispatchEvent(new CustomEvent("notice")); // the number of unread messages has changed
  pane.scrollTop = 0;
  if (matchMedia("(max-width: 900px)").matches) scrollTo(0, 0);
  pane.focus({ preventScroll: true });
});

// A page that is looked at asks every minute whether anything has changed; mostly the answer is empty. Nothing moves
// below somebody who is choosing messages.
const LOOK_SECONDS = 60;
const rows = () => document.getElementById("mail-rows");

async function look() {
  const list = rows();
  if (!list || document.hidden || list.querySelector("input:checked")) return;
  const answer = await fetch(list.dataset.mailChanges, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.status !== 200 || rows() !== list) return;
  if (answer.headers.get("HX-Refresh") || list.dataset.mailEmpty !== undefined) return location.reload();
  const focused = document.activeElement.closest(".mail-row")?.id;
  window.htmx.swap(list, await answer.text(), { swapStyle: "outerHTML" });
  markHere();
  if (focused) document.getElementById(focused)?.querySelector("a").focus({ preventScroll: true });
  document.body.dispatchEvent(new CustomEvent("notice")); // the number of unread messages has changed
}
setInterval(look, LOOK_SECONDS * 1000);
document.addEventListener("visibilitychange", look);

const all = document.querySelector("[data-mail-all]");
if (all) {
  all.parentElement.hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(".mail-row input")) box.checked = all.checked;
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const step = { j: 1, k: -1 }[event.key];
  if (!step) return;
  const rows = links();
  const here = rows.findIndex((link) => link.closest(".mail-row").classList.contains("is-here"));
  const next = rows[Math.min(Math.max(here + step, 0), rows.length - 1)];
  next?.focus();
  next?.click();
});
