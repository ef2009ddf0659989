// The text with a format: Squire writes it, DOMPurify keeps what comes in clean. Without scripts there is the plain field.

const body = document.querySelector("[data-body]");
const form = body.closest("form");
const text = body.querySelector("[name=text]");
const html = body.querySelector("[name=html]");
const toolbar = body.querySelector("[data-format]");
const root = body.querySelector("[data-editor]");
const plain = body.querySelector("[data-plain]");
const dialog = document.querySelector("[data-link]");

const TAGS = "a b blockquote br code div em h1 h2 h3 h4 h5 h6 hr i li ol p pre s span strong sub sup table tbody td tfoot th thead tr u ul".split(" ");
const CLEAN = { ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ["href", "start", "colspan", "rowspan"], RETURN_DOM_FRAGMENT: true };
const PREFERENCE = "mail.plain";
const MODIFIER = /Mac|iP/.test(navigator.platform) ? "Meta-" : "Ctrl-";

const editor = new window.Squire(root, {
  sanitizeToDOMFragment: (written) => document.importNode(window.DOMPurify.sanitize(written, CLEAN), true),
  toPlainText: (written) => linesOf(new DOMParser().parseFromString(written, "text/html").body).join("\n"),
});
// Tab leaves the field, as everywhere; Ctrl+] and Ctrl+[ move the points of lists.
for (const key of ["Tab", "Shift-Tab", `${MODIFIER}d`, `${MODIFIER}Shift-5`, `${MODIFIER}Shift-6`, `${MODIFIER}Shift-7`]) editor.setKeyHandler(key, null);

// --- one text in two forms ---

const BLOCK = /^(BLOCKQUOTE|DIV|H[1-6]|HR|LI|OL|P|PRE|TABLE|TR|UL)$/;

/** The lines of what is written, quotations with "> ", points of lists with "- " or their number. */
function linesOf(node, number = 0) {
  const lines = [];
  let open = false; // whether the last line goes on
  const add = (words) => { if (open) lines[lines.length - 1] += words; else lines.push(words); open = true; };
  for (const child of node.childNodes) {
    const name = child.nodeName;
    if (name === "#text") { if (child.data) add(child.data.replace(/[\u200b\n]/g, "").replace(/\u00a0/g, " ")); }
    else if (name === "BR") { if (open) open = false; else lines.push(""); }
    else if (BLOCK.test(name)) {
      const mark = name === "BLOCKQUOTE" ? "> " : name === "LI" ? (node.nodeName === "OL" ? `${++number}. ` : "- ") : "";
      const inner = linesOf(child);
      lines.push(...inner.map((line, place) => (place && name === "LI" ? " ".repeat(mark.length) : mark) + line));
      open = false;
    } else {
      const [first, ...rest] = linesOf(child);
      if (first !== undefined) add(first);
      lines.push(...rest);
    }
  }
  return lines;
}

/** Lines as HTML, their quotations as such. */
function htmlOf(written) {
  const holder = document.createElement("div");
  for (const line of written.split("\n")) {
    const marks = line.match(/^(?:> ?)*/)[0];
    let place = holder;
    for (let depth = marks.split(">").length - 1; depth > 0; depth -= 1) {
      if (place.lastChild?.nodeName !== "BLOCKQUOTE") place.append(document.createElement("blockquote"));
      place = place.lastChild;
    }
    const block = document.createElement("div");
    block.append(line.slice(marks.length) || document.createElement("br"));
    place.append(block);
  }
  return holder.innerHTML;
}

const left = { text: text.value, html: html.value }; // both forms as they were when one was left for the other

function show(isPlain) {
  if (isPlain && !root.hidden) {
    left.html = editor.getHTML();
    left.text = text.value = linesOf(root).join("\n");
  } else if (!isPlain) {
    editor.setHTML(text.value === left.text && left.html ? left.html : htmlOf(text.value));
    editor.moveCursorToStart();
  }
  toolbar.hidden = root.hidden = isPlain;
  text.hidden = text.disabled = !isPlain;
  html.disabled = isPlain;
}

// --- acts ---

const FORMATS = { bold: "B", italic: "I", underline: "U", points: "UL", numbers: "OL", quote: "BLOCKQUOTE", link: "A" };
const has = (tag) => editor.hasFormat(tag) || new RegExp(`(^|>)${tag}(>|\\b)`).test(editor.getPath());
const ACTS = {
  bold: () => (has("B") ? editor.removeBold() : editor.bold()),
  italic: () => (has("I") ? editor.removeItalic() : editor.italic()),
  underline: () => (has("U") ? editor.removeUnderline() : editor.underline()),
  points: () => (has("UL") ? editor.removeList() : editor.makeUnorderedList()),
  numbers: () => (has("OL") ? editor.removeList() : editor.makeOrderedList()),
  quote: () => (has("BLOCKQUOTE") ? editor.decreaseQuoteLevel() : editor.increaseQuoteLevel()),
  clear: () => editor.removeAllFormatting(),
  undo: () => editor.undo(),
  redo: () => editor.redo(),
  link: askForLink,
};
const button = (name) => toolbar.querySelector(`[data-do=${name}]`);

function markPressed() {
  for (const [name, tag] of Object.entries(FORMATS)) button(name).setAttribute("aria-pressed", String(has(tag)));
}
for (const event of ["pathChange", "select", "cursor"]) editor.addEventListener(event, markPressed);
editor.addEventListener("undoStateChange", ({ detail }) => {
  button("undo").disabled = !detail.canUndo;
  button("redo").disabled = !detail.canRedo;
});
const tell = () => root.dispatchEvent(new Event("input", { bubbles: true })); // for data-keep, as typing does

toolbar.addEventListener("mousedown", (event) => event.preventDefault()); // what is chosen in the text stays chosen
toolbar.addEventListener("click", (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  if (!name) return;
  ACTS[name]();
  if (name === "link") return;
  editor.focus();
  markPressed();
  tell();
});

// One stop for Tab; arrows go from button to button.
const buttons = [...toolbar.querySelectorAll("button")];
const stopAt = (here) => buttons.forEach((one) => { one.tabIndex = one === here ? 0 : -1; });
stopAt(buttons[0]);
toolbar.addEventListener("keydown", (event) => {
  const usable = buttons.filter((one) => !one.disabled);
  const here = usable.indexOf(document.activeElement);
  const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = usable.at(to % usable.length);
  stopAt(next);
  next.focus();
});

// --- links ---

const address = dialog.querySelector("input");

function askForLink() {
  const link = [...root.querySelectorAll("a")].find((one) => editor.getSelection().intersectsNode(one));
  address.value = link?.getAttribute("href") ?? "";
  dialog.querySelector("[data-link-remove]").hidden = !link;
  dialog.returnValue = "";
  dialog.showModal();
}

/** What was typed as an address that may be followed, or "". */
function addressOf(typed) {
  const whole = /^(https?|mailto):/i.test(typed) ? typed : /^[^\s/:]+@[^\s/:]+$/.test(typed) ? `mailto:${typed}` : /^[^\s/:]+\.[^\s:]/.test(typed) ? `https://${typed}` : "";
  try { return new URL(whole).href; } catch { return ""; }
}

address.addEventListener("input", () => address.setCustomValidity(""));
dialog.querySelector("[data-link-remove]").addEventListener("click", () => dialog.close("remove"));
dialog.addEventListener("submit", (event) => {
  if (addressOf(address.value.trim())) return;
  event.preventDefault();
  address.setCustomValidity(address.dataset.wrong);
  address.reportValidity();
});
dialog.addEventListener("close", () => {
  if (dialog.returnValue === "set") editor.makeLink(addressOf(address.value.trim()));
  if (dialog.returnValue === "remove") editor.removeLink();
  if (dialog.returnValue) tell();
  editor.focus();
});

// --- beginning and end ---

plain.closest("label").hidden = false;
text.before(toolbar, root);
text.labels[0]?.addEventListener("click", () => root.hidden || editor.focus());
plain.checked = Boolean(text.value.trim() && !html.value) || localStorage.getItem(PREFERENCE) === "1";
show(plain.checked);
plain.addEventListener("change", () => {
  localStorage.setItem(PREFERENCE, plain.checked ? "1" : "");
  show(plain.checked);
});
form.addEventListener("formdata", (event) => {
  if (!root.hidden) event.formData.set("html", editor.getHTML());
});
