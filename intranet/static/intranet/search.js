// The panel below the search box: the arrows walk through it, Escape and a click elsewhere close it.

const box = document.querySelector("[data-search]");
const panel = document.querySelector("#search-panel");

if (box && panel) {
  const links = () => [...panel.querySelectorAll("a")];
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
