// Sends a form once, though its button is clicked twice: the browser would drop the answer to the first, which may lead
// on to an app and is given only once. After some seconds it may be sent again, since an answer can be lost.
const PATIENCE = 5000;
const sent = new WeakMap();

window.addEventListener("submit", (event) => {
  // What a script keeps back is sent later, if at all.
  if (event.defaultPrevented) return;
  if (Date.now() - (sent.get(event.target) ?? 0) < PATIENCE) event.preventDefault();
  else sent.set(event.target, Date.now());
});

// She came back to the page, which the browser has kept as it was.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) sent.delete(form);
});
