// Buttons that copy a field; they stay hidden without scripts.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.querySelector(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // clipboard needs https
    }
    button.querySelector("span").textContent = button.dataset.copied;
  });
}
