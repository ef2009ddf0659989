// <select data-picker> becomes a field to type in. With data-picker-url the choices come from there:
// GET ?q=… answers [{"value": 7, "text": "Nguyễn Thu Hà", "note": "Phó Vụ trưởng · Vụ Pháp chế"}].

const escape = (text) => new Option(text).innerHTML;
// "nguyen" finds "Nguyễn", "dinh" finds "Đình".
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "d").replace(/Đ/g, "D");

const row = ({ text, note }) => `<div>${escape(text)}${note ? `<small>${escape(note)}</small>` : ""}</div>`;

function pick(select) {
  const { pickerUrl, pickerNone = "" } = select.dataset;
  for (const option of select.options) option.dataset.key = fold(option.text);
  select.setAttribute("aria-hidden", "true"); // the field made of it has the label
  new window.TomSelect(select, {
    valueField: "value",
    labelField: "text",
    searchField: pickerUrl ? [] : ["text", "key"],
    maxOptions: 50,
    hidePlaceholder: true,
    closeAfterSelect: true,
    refreshThrottle: 0,
    render: { option: row, item: ({ text }) => `<div>${escape(text)}</div>`, no_results: () => `<div class="no-results">${escape(pickerNone)}</div>` },
    ...(pickerUrl && {
      shouldLoad: (query) => query.trim().length > 0,
      load(query, done) {
        this.clearOptions();
        fetch(`${pickerUrl}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } })
          .then((answer) => (answer.ok ? answer.json() : []))
          .then(done, () => done());
      },
    }),
  });
}

const start = (root) => root.querySelectorAll("select[data-picker]:not(.tomselected)").forEach(pick);
start(document);
document.addEventListener("htmx:load", (event) => start(event.target));
