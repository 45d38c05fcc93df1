// The picker of scopes: finds them, counts them, and ticks the parts of a group along with it, as the server does when
// the form is sent. Without scripts the whole list is there.
const picker = document.getElementById("scopes");
const tools = document.getElementById("scope-tools");
const search = document.getElementById("scope-search");
const chosenOnly = document.getElementById("scope-chosen-only");
const found = document.getElementById("scope-found");
const told = document.getElementById("scope-told");
const settled = picker.querySelector("[name='settled_scopes']");
const boxes = new Map(Array.from(picker.querySelectorAll("[name='scopes']"), (box) => [box.value, box]));
const wholes = Array.from(boxes.values()).filter((box) => box.dataset.parts);
const groups = Array.from(picker.querySelectorAll(".scope-group"));
const opened = new Map();

const partsOf = (whole) => whole.dataset.parts.split(" ").map((scope) => boxes.get(scope));
const rowOf = (box) => box.closest(".scope-row");
const nounOf = (box) => rowOf(box).dataset.noun;

// The texts stand in the page, in the reader's language, with their gaps in braces.
const words = picker.dataset;
const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);
const say = (one, many, count) => fill(count === 1 ? one : many, { count });

const nameSome = (nouns) => {
  const named = nouns.slice(0, 3);
  const others = nouns.length - named.length;
  if (others) named.push(say(words.other, words.others, others));
  if (named.length === 1) return named[0];
  return fill(words.and, { first: named.slice(0, -1).join(", "), last: named.at(-1) });
};

const warn = (box, text) => {
  const line = document.createElement("p");
  line.className = "scope-gap";
  line.dataset.gap = "";
  line.textContent = text;
  rowOf(box).append(line);
};

// What breaks, beside the group and beside each part that is not ticked.
const showGaps = () => {
  for (const line of picker.querySelectorAll("[data-gap]")) line.remove();
  for (const whole of wholes.filter((each) => each.checked)) {
    const missing = partsOf(whole).filter((part) => !part.checked);
    const { consequence } = whole.dataset;
    if (missing.length) warn(whole, fill(words.without, { names: nameSome(missing.map(nounOf)), consequence }));
    for (const part of missing) warn(part, fill(words.withoutIt, { consequence }));
  }
};

const count = () => {
  for (const group of groups) {
    const number = group.querySelectorAll("[name='scopes']:checked").length;
    const badge = group.querySelector("[data-count]");
    badge.textContent = say(words.chosenOne, words.chosen, number);
    badge.hidden = number === 0;
  }
};

const matches = (row, asked) => {
  const text = row.dataset.words.toLowerCase();
  const isAsked = asked.every((word) => text.includes(word));
  return isAsked && (!chosenOnly.checked || row.querySelector("[name='scopes']:checked"));
};

const filter = () => {
  const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const isFiltered = asked.length > 0 || chosenOnly.checked;
  let number = 0;
  for (const group of groups) {
    if (isFiltered && !opened.has(group)) opened.set(group, group.open);
    let hits = 0;
    for (const row of group.querySelectorAll(".scope-row")) {
      row.hidden = !matches(row, asked);
      hits += row.hidden ? 0 : 1;
    }
    number += hits;
    group.hidden = hits === 0;
    // Afterwards as before, and what was chosen meanwhile is seen.
    if (isFiltered) group.open = hits > 0;
    else if (opened.has(group)) group.open = opened.get(group) || group.querySelector("[name='scopes']:checked") !== null;
  }
  if (!isFiltered) opened.clear();
  found.textContent = !isFiltered ? "" : number ? say(words.entry, words.entries, number) : words.noEntry;
};

const takeParts = (whole) => {
  const parts = partsOf(whole);
  const others = parts.filter((part) => part.checked !== whole.checked);
  // Unticked by itself, a group that was whole takes its parts with it; single ones were chosen for their own sake.
  if (!others.length || (!whole.checked && others.length < parts.length)) return "";
  for (const part of others) {
    part.checked = whole.checked;
    if (whole.checked) part.closest(".scope-group").open = true;
  }
  const names = nameSome(others.map(nounOf));
  return fill(whole.checked ? whole.dataset.ticked : whole.dataset.unticked, { names });
};

const tellGap = (part) => {
  const whole = wholes.find((each) => each.checked && partsOf(each).includes(part));
  if (!whole || part.checked) return "";
  return fill(words.without, { names: nounOf(part), consequence: whole.dataset.consequence });
};

picker.addEventListener("change", (event) => {
  const box = event.target;
  if (box.name !== "scopes") return;
  if (box.dataset.parts && box.checked) settled.value = `${settled.value} ${box.value}`.trim();
  told.textContent = box.dataset.parts ? takeParts(box) : tellGap(box);
  // What breaks stands in the row as well; here it is for those who do not see that.
  told.classList.toggle("visually-hidden", !box.dataset.parts);
  showGaps();
  count();
});

search.addEventListener("input", filter);
chosenOnly.addEventListener("change", filter);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault();
  if (event.key === "Escape" && search.value) {
    event.preventDefault();
    search.value = "";
    filter();
  }
});
// A link to a type leads there, whatever hides it.
picker.addEventListener("click", (event) => {
  if (!event.target.closest("a[href^='#type-']")) return;
  search.value = "";
  chosenOnly.checked = false;
  filter();
});
tools.hidden = picker.matches(":disabled");
count();
showGaps();
