// The home page: what was done in place is counted anew; a card whose server does not answer says so.

document.addEventListener("htmx:afterRequest", (event) => {
  const duties = document.querySelector("[data-duties]");
  if (duties && event.detail.successful && event.detail.elt.closest?.("form[data-duty]")) {
    window.htmx.ajax("GET", duties.dataset.duties, { target: "#duties", swap: "outerHTML" });
  }
});

function explain(event) {
  const card = event.detail.elt.closest?.("[data-remote]");
  const failed = document.querySelector("template#widget-failed");
  if (!card || !failed) return;
  card.querySelector(".widget-body").replaceChildren(failed.content.cloneNode(true));
  event.stopPropagation();
}
for (const name of ["htmx:timeout", "htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(name, explain);
}
