// What was written in Wagtail's editors outlives the session: before it is sent, the page asks whether its person is still
// signed in. Asked at the click, because Wagtail then switches the button off, and what is off is not sent.

const { session, offline } = document.querySelector("script[data-session]").dataset;
const dialog = document.querySelector("#signed-out");
const PATIENCE = 10_000; // milliseconds
let passed = null; // the button that has been asked for

/** Who is signed in, and the token of today; nobody when the session has ended. */
async function state() {
  const answer = await fetch(session, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.type === "opaqueredirect") return { person: null };
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}
const owner = state().then(({ person }) => person, () => undefined);

async function askThenSend(button) {
  let now;
  try {
    now = await state();
  } catch {
    return window.alert(offline);
  }
  const { person, token } = now;
  if (!person || person !== ((await owner) ?? person)) return dialog.showModal();
  button.form.elements.csrfmiddlewaretoken.value = token;
  passed = button;
  button.click();
  passed = null;
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-shut]")) dialog.close();
  const button = event.target.closest?.("[type=submit]");
  if (!button?.form?.matches("[data-edit-form]") || button === passed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  askThenSend(button);
}, true);
