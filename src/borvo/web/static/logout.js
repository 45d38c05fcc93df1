// Goes on once every app has been told, or after three seconds; the link serves where scripts are off.
const next = document.getElementById("next");
const frames = Array.from(document.querySelectorAll("iframe"));
let waiting = frames.length;
const proceed = () => {
  if (next) window.location.replace(next.href);
};
for (const frame of frames) {
  frame.addEventListener("load", () => {
    waiting -= 1;
    if (waiting === 0) proceed();
  });
}
setTimeout(proceed, 3000);
