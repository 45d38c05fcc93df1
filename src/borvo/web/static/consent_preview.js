// Keeps the preview of the page that asks for consent at what is typed and ticked. Without scripts its button does so.
const frame = document.getElementById("consent-frame");
const button = document.getElementById("consent-refresh");
let timer = 0;
let asked = 0;

const refresh = async () => {
  const number = ++asked;
  try {
    const answer = await fetch(button.formAction, {
      method: "POST",
      body: new URLSearchParams(new FormData(button.form)),
    });
    const page = await answer.text();
    // An older answer must not replace that to what is typed now, nor the page for signing in the preview.
    if (answer.ok && !answer.redirected && number === asked) frame.srcdoc = page;
  } catch {
    // Without an answer the last preview stays until something else is typed.
  }
};

if (frame && button) {
  button.hidden = true;
  button.form.addEventListener("input", (event) => {
    if (!event.target.name || event.target.name === "tab" || event.target.name === "preview_size") return;
    clearTimeout(timer);
    timer = setTimeout(refresh, 300);
  });
}
