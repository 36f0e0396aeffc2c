// The palette's window and keys; palettefind.js fills it. Opened by the event crm:palette.
// The field keeps the focus; the chosen line is told by aria-activedescendant.

const dialog = document.getElementById("palette");
const part = (name) => dialog.querySelector(`[data-palette-${name}]`);
const [field, list, callForm] = dialog ? ["field", "list", "call-form"].map(part) : [];
let isBehind = false; // what is shown answers something typed before
let doNext = null; // a key that was pressed before the answer came

const options = () => [...list.querySelectorAll("[role=option]")].filter((option) => option.checkVisibility());
const chosen = () => list.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  if (!option) return field.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const all = options();
  if (!all.length) return;
  choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
}

function open() {
  if (!dialog || dialog.open || document.querySelector("dialog[open]")) return dialog?.open && field.select();
  document.getElementById("sidebar")?.matches(":popover-open") && document.getElementById("sidebar").hidePopover();
  field.value = "";
  isBehind = false;
  dialog.showModal();
  field.focus();
  dialog.dispatchEvent(new CustomEvent("crm:palette-opened"));
  choose(options()[0]);
}

function settled() {
  isBehind = false;
  choose(options()[0]);
  const next = doNext;
  doNext = null;
  next?.();
}

function call(option) {
  if (!option?.dataset.phone) return;
  for (const name of ["phone", "company", "contact"]) callForm.elements.namedItem(name).value = option.dataset[name];
  callForm.dataset.callAfter = option.href;
  callForm.requestSubmit();
}

function act(event) {
  const isCall = event.ctrlKey || event.metaKey;
  const run = () => (isCall ? call(chosen()) : chosen()?.click());
  if (isBehind) doNext = run;
  else run();
}

const KEYS = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: act, NumpadEnter: act };

field?.addEventListener("input", () => (isBehind = true));
field?.addEventListener("keydown", (event) => {
  if (event.isComposing || !KEYS[event.code]) return;
  event.preventDefault();
  KEYS[event.code](event);
});
list?.addEventListener("pointermove", (event) => {
  const option = event.target.closest("[role=option]");
  if (option && option !== chosen()) choose(option);
});
list?.addEventListener("click", (event) => {
  if (!event.target.closest("[data-palette-call]")) return;
  event.preventDefault();
  call(event.target.closest("[role=option]"));
});
dialog?.addEventListener("close", () => {
  doNext = null;
});
dialog && part("close").addEventListener("click", () => dialog.close());
dialog && part("ask").addEventListener("submit", (event) => event.preventDefault());
document.body.addEventListener("crm:boxed", () => dialog?.close());
dialog?.addEventListener("crm:palette-settled", settled);
document.addEventListener("crm:palette", open);
document.addEventListener("click", (event) => {
  if (!dialog || !event.target.closest("[data-palette-open]")) return;
  event.preventDefault();
  open();
});
