// A list follows its filters without a reload: the form is fetched, the address becomes its canonical form.
// Rows are chosen for work over many; J and K walk over them, X chooses, Enter opens, / goes to the text.

const SEARCH_MS = 300;
const form = document.querySelector("[data-list-form]");
const body = () => document.querySelector("[data-list-body]");
const bar = () => document.querySelector("[data-list-bar]");
const boxes = () => [...document.querySelectorAll('[data-list-body] input[name="ids"]')];

let asked = null;
let timer = 0;

async function ask() {
  clearTimeout(timer);
  asked?.abort();
  asked = new AbortController();
  const address = new URL(form.action || location.href);
  address.search = new URLSearchParams(new FormData(form)).toString();
  try {
    const answer = await fetch(address, { headers: { "X-Fragment": "list" }, signal: asked.signal });
    if (!answer.ok || answer.redirected) return location.assign(address);
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    body().replaceWith(template.content.firstElementChild);
    history.replaceState(history.state, "", answer.headers.get("HX-Replace-Url") ?? address.search);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});

form?.addEventListener("input", (event) => {
  if (!event.target.matches("[data-list-search]")) return;
  clearTimeout(timer);
  timer = setTimeout(ask, SEARCH_MS);
});

// --- choosing rows

function showChosen(isWhole = false) {
  for (const box of boxes()) {
    box.checked ||= isWhole;
    box.disabled = isWhole;
  }
  const chosen = boxes().filter((box) => box.checked).length;
  const shown = bar();
  if (!shown) return;
  const whole = shown.querySelector("[data-list-whole]");
  shown.hidden = !chosen;
  shown.querySelector("[data-list-chosen]").textContent = isWhole ? whole.dataset.label : `Выбрано: ${chosen}`;
  for (const field of shown.querySelectorAll("[data-list-query]")) field.disabled = !isWhole;
  if (whole) whole.hidden = isWhole;
  const all = document.querySelector("[data-list-all]");
  if (!all) return;
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && !all.checked;
}

function choose(isOn) {
  for (const box of boxes()) {
    box.disabled = false;
    box.checked = isOn;
  }
  showChosen();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-list-all]")) choose(event.target.checked);
  else if (event.target.matches('[data-list-body] input[name="ids"]')) showChosen();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-list-whole]")) showChosen(true);
  else if (event.target.closest("[data-list-clear]")) choose(false);
});

// What to do with them is asked in a dialog over the list: the same form, as a link that formdialog.js opens.
function askAbout(chosen, submitter) {
  const params = new URLSearchParams(new FormData(chosen, submitter));
  params.delete("csrfmiddlewaretoken");
  const link = document.createElement("a");
  // not chosen.action: its buttons are named "action" and hide the address
  link.href = `${chosen.getAttribute("action")}?${params}`;
  link.dataset.formDialog = "";
  chosen.append(link);
  link.click();
  link.remove();
}

document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches("[data-list-bar]")) return;
    event.preventDefault();
    askAbout(event.target, event.submitter);
  },
  { capture: true },
);

// --- keys, by their place: event.code

const rows = () => [...document.querySelectorAll("[data-list-row]")];
const STEPS = { KeyJ: 1, KeyK: -1, ArrowDown: 1, ArrowUp: -1 };

function walk(step) {
  const links = rows();
  const now = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = links[now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1)];
  next?.focus();
  return Boolean(next);
}

function press(code) {
  if (code === "Slash") {
    form?.querySelector("[data-list-search]")?.select();
    form?.querySelector("[data-list-search]")?.focus();
    return Boolean(form);
  }
  const isInside = document.activeElement?.closest("[data-list-body] tr");
  if (code in STEPS) return (code.startsWith("Key") || isInside) && walk(STEPS[code]);
  const box = code === "KeyX" && isInside?.querySelector('input[name="ids"]');
  box?.click?.();
  return Boolean(box);
}

const isTyping = (target) => target.matches?.("textarea, select, [contenteditable], input:not([type=checkbox])");

document.addEventListener(
  "keydown",
  (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (press(event.code)) event.preventDefault();
  },
  { capture: true },
);

const canonical = body()?.dataset.canonical;
if (canonical) history.replaceState(history.state, "", canonical);
