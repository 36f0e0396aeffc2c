// Keys of the card after a call, by their place: 1–9 choose the outcome, Enter finishes, Esc folds the dock.
// An outcome brings its usual next step, as long as the person has not chosen one.

const isTyping = (target) => target.matches?.("textarea, select, [contenteditable], input:not([type=radio])");
const dock = document.getElementById("after-dock");

function card() {
  if (dock && !dock.hidden && !dock.classList.contains("is-folded")) return dock.querySelector("[data-after-card]");
  return document.querySelector("[data-after-page] [data-after-card]");
}

function choose(form, digit) {
  const radio = form.querySelector(`[data-digit="${digit}"]`);
  if (!radio) return false;
  radio.checked = true;
  radio.focus();
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  if (radio.matches("[data-needs-note]") && !form.elements.note.value) form.elements.note.focus();
  return true;
}

function usualStep(form, wanted) {
  const chosen = form.querySelector("[name=next]:checked");
  if (chosen?.value && !form.dataset.usualStep) return;
  const radio = form.querySelector(`[name=next][value="${CSS.escape(wanted)}"]`);
  if (!radio || radio === chosen) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  form.dataset.usualStep = "1";
}

document.addEventListener("input", ({ target, isTrusted }) => {
  const form = target.closest("[data-after-card]");
  if (!form) return;
  if (target.name === "next") form.elements.next_at.required = target.value === "custom";
  if (target.name === "outcome") usualStep(form, target.dataset.default ?? "");
  else if (isTrusted && target.name.startsWith("next")) delete form.dataset.usualStep;
});

document.addEventListener("keydown", (event) => {
  const form = card();
  if (!form || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isInside = form.contains(event.target);
  if (event.code === "Escape" && (isInside || event.target === document.body)) {
    if (!dock?.contains(form)) return;
    event.preventDefault();
    document.body.dispatchEvent(new CustomEvent("crm:after-fold"));
  } else if (isTyping(event.target) || event.shiftKey) {
    return;
  } else if (/^(Digit|Numpad)[1-9]$/.test(event.code)) {
    if (choose(form, event.code.at(-1))) event.preventDefault();
  } else if (/^(Numpad)?Enter$/.test(event.code) && (event.target === document.body || event.target.matches("[data-after-card] [type=radio]"))) {
    event.preventDefault();
    form.requestSubmit();
  }
});
