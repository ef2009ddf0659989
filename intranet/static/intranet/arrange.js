// Cards of the home page are dragged within their column: <ul data-sort="address"> of <li data-widget="tasks.mine">.
// The arrows do the same for the keyboard; on a phone a card is taken up by holding it.

function drag(list) {
  window.Sortable.create(list, {
    draggable: "[data-widget]",
    filter: "button",
    preventOnFilter: false,
    delay: 250,
    delayOnTouchOnly: true,
    ghostClass: "is-dragged",
    onEnd({ item, oldIndex, newIndex }) {
      if (oldIndex === newIndex) return;
      const before = item.nextElementSibling?.dataset.widget ?? "";
      const values = { act: "place", widget: item.dataset.widget, before };
      window.htmx.ajax("POST", list.dataset.sort, { target: "#arrange", swap: "outerHTML", values });
    },
  });
}

const start = (root) => root.querySelectorAll("[data-sort]").forEach(drag);
start(document);
document.addEventListener("htmx:load", (event) => start(event.target));
// htmx copies attributes from the old cards to the new ones, and the content policy forbids styles that are written so.
document.addEventListener("htmx:beforeSwap", () => {
  for (const styled of document.querySelectorAll("#arrange [style]")) styled.removeAttribute("style");
});
