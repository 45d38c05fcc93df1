// Shows the buttons that copy a text of the page; without scripts or a clipboard the text is selected by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const status = document.getElementById("copied");
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      status.textContent = status.dataset.copied;
    } catch {
      window.getSelection().selectAllChildren(source);
      status.textContent = status.dataset.byHand;
    }
  });
}
