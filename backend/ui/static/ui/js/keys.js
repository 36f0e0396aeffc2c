// Shortcuts by the place of the key, so they work in the Russian layout too: event.code, never event.key.

const GO_MS = 1200;
let goUntil = 0;

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

function openSearch() {
  if (document.getElementById("palette")) {
    document.dispatchEvent(new CustomEvent("crm:palette"));
    return;
  }
  const field = document.getElementById("search");
  const sidebar = document.getElementById("sidebar");
  if (!field) return;
  if (!field.checkVisibility()) sidebar?.showPopover?.();
  field.focus();
  field.select();
}

function goTo(code) {
  const link = document.querySelector(`[data-go-key="${CSS.escape(code)}"]`);
  if (link) link.click();
  return Boolean(link);
}

function press(code) {
  const target = document.querySelector(`[data-key-press="${CSS.escape(code)}"]`);
  if (!target) return false;
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
  return true;
}

function plainKey(event) {
  if (performance.now() < goUntil) {
    goUntil = 0;
    return goTo(event.code);
  }
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) {
    document.getElementById("keys-dialog")?.showModal();
    return true;
  }
  if (event.shiftKey) return false;
  if (event.code === "Slash") {
    openSearch();
    return true;
  }
  if (event.code === "KeyG") {
    goUntil = performance.now() + GO_MS;
    return true;
  }
  return press(event.code);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.code === "KeyK") {
    event.preventDefault();
    openSearch();
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target) && !document.querySelector("dialog[open]")) {
    if (plainKey(event)) event.preventDefault();
  }
});
