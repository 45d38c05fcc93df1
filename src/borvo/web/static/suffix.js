// Tells while it is typed whether the last part of a client id is free; the form says so as well when it is sent.
const suffix = document.getElementById("suffix");
const state = document.getElementById("suffix-state");
let timer = 0;
let asked = 0;

const ask = async () => {
  const tenancy = suffix.form.elements.tenancy.value;
  const number = ++asked;
  state.textContent = "";
  if (!suffix.value.trim()) return;
  try {
    const query = new URLSearchParams({ tenancy, suffix: suffix.value.trim() });
    const answer = await fetch(`/portal/clients/suffix?${query}`, { headers: { Accept: "application/json" } });
    const told = answer.ok ? (await answer.json()).message : "";
    // An older answer must not replace that to what is typed now.
    if (number === asked) state.textContent = told;
  } catch {
    // Without an answer nothing is claimed; the form is judged when it is sent.
  }
};

if (suffix && state) {
  for (const field of [suffix, suffix.form.elements.tenancy]) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 250);
    });
  }
}
