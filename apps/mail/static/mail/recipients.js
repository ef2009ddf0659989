// <input data-recipients="url">: names are completed from the directory, any other address can be written.

const escape = (text) => new Option(text).innerHTML;
const row = ({ text, note }) => `<div>${escape(text)}${note ? `<small>${escape(note)}</small>` : ""}</div>`;

// A comma between quotation marks belongs to the name: "Vỹ, Vụ Kế hoạch" <vy@…>.
const parts = (value) => (value.match(/(?:"(?:\\.|[^"\\])*"?|[^,"])+/g) ?? []).map((part) => part.trim()).filter(Boolean);

for (const input of document.querySelectorAll("input[data-recipients]")) {
  const isWrong = input.getAttribute("aria-invalid") === "true";
  input.setAttribute("aria-hidden", "true"); // the field made of it has the label
  const picker = new window.TomSelect(input, {
    delimiter: ",",
    options: parts(input.value).map((part) => ({ value: part, text: part })),
    items: parts(input.value),
    valueField: "value",
    labelField: "text",
    searchField: [],
    create: (written) => ({ value: written.trim(), text: written.trim() }),
    createOnBlur: true,
    persist: false,
    hidePlaceholder: true,
    closeAfterSelect: true,
    refreshThrottle: 0,
    shouldLoad: (query) => query.trim().length > 1,
    render: { option: row, item: ({ value, text }) => `<div title="${escape(value)}">${escape(text)}</div>`, option_create: () => "", no_results: () => "" },
    load(query, done) {
      this.clearOptions();
      fetch(`${input.dataset.recipients}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : []))
        .then(done, () => done());
    },
  });
  picker.control_input.setAttribute("aria-label", input.labels?.[0]?.textContent.trim() ?? "");
  if (isWrong) {
    picker.control_input.setAttribute("aria-invalid", "true");
    input.removeAttribute("aria-invalid"); // forms.js goes to the first wrong field
  }
}
