// Where the card after a call opens: in the tab that clicked; if that one is gone, in a visible tab; else only the badge.
// It never takes the focus from what is being typed: there it stands folded. Closed, its draft waits behind the badge.

const WAIT_MS = 300;
const OPEN = "crm:after-open";
const SEEN = "crm:after-seen";
const MOST_SEEN = 30;
const dock = document.getElementById("after-dock");
const channel = new BroadcastChannel("crm-after");
const opened = new Set();
let before = null;

const shown = () => dock?.querySelector("[data-after-card]");
const url = (call) => dock.dataset.afterUrl.replace("00000000-0000-0000-0000-000000000000", call);
const seen = () => JSON.parse(sessionStorage.getItem(SEEN) ?? "[]");
const isField = (element) => element?.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=button], [type=submit])");

function isTyping() {
  const field = document.activeElement;
  return Boolean(document.querySelector("dialog[open]")) || (isField(field) && (field.value ?? field.textContent) !== "");
}

function remember() {
  const card = shown();
  if (card && !dock.hidden) sessionStorage.setItem(OPEN, JSON.stringify({ call: card.dataset.call, folded: dock.classList.contains("is-folded") }));
  else sessionStorage.removeItem(OPEN);
}

function fold(folded) {
  dock.classList.toggle("is-folded", folded);
  const button = dock.querySelector("[data-after-fold]");
  button?.setAttribute("aria-label", folded ? "Развернуть" : "Свернуть");
  button?.setAttribute("aria-expanded", String(!folded));
  remember();
  if (folded && dock.contains(document.activeElement)) document.activeElement.blur();
}

function focusCard() {
  before = document.activeElement;
  (dock.querySelector("[name=outcome]:checked") ?? dock.querySelector("[name=outcome]"))?.focus();
}

async function open(call, { folded = false, focus = true } = {}) {
  if (!dock || document.querySelector(`[data-after-page] [data-call="${call}"]`)) return;
  sessionStorage.setItem(SEEN, JSON.stringify([...seen(), call].slice(-MOST_SEEN)));
  opened.add(call);
  channel.postMessage({ opened: call });
  if (shown()?.dataset.call !== call) {
    const answer = await fetch(url(call), { headers: { "X-Fragment": "after" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    dock.innerHTML = await answer.text();
  }
  dock.hidden = false;
  fold(folded || (!focus && isTyping()));
  if (focus && !dock.classList.contains("is-folded")) focusCard();
}

function close() {
  const held = dock.contains(document.activeElement);
  dock.hidden = true;
  dock.replaceChildren();
  remember();
  if (held && before?.isConnected) before.focus();
}

const arrive = (call) => open(call, { focus: !isTyping(), folded: isTyping() });

// A tab that is typing in another card keeps it; the new one waits behind the badge.
const isHeld = () => shown() && !dock.classList.contains("is-folded") && isField(document.activeElement) && dock.contains(document.activeElement);

function claim(call) {
  if (opened.has(call) || document.hidden || isHeld()) return;
  if (!navigator.locks) arrive(call);
  else navigator.locks.request(`crm-after-${call}`, { ifAvailable: true }, async (lock) => {
    if (!lock || opened.has(call)) return;
    await arrive(call);
    await new Promise((done) => setTimeout(done, 2000));
  });
}

function told({ call, state, opens, opener }) {
  const isHere = shown()?.dataset.call === call;
  if (state !== "draft" && isHere && shown().dataset.state === "draft" && !shown().dataset.busy) close();
  if (!opens || state !== "draft" || isHere || seen().includes(call)) return;
  if (opener && opener === document.documentElement.dataset.tab) {
    if (!isHeld()) arrive(call);
  } else setTimeout(() => claim(call), WAIT_MS);
}

// What was told while the page was loading or away.
async function catchUp() {
  if (!document.querySelector("[data-after-count]")) return;
  const answer = await fetch(dock.dataset.afterList, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  for (const card of (await answer.json()).results) {
    if (card.opens && card.opener === document.documentElement.dataset.tab) told(card);
  }
}

function saved({ call }) {
  const queue = document.querySelector("[data-after-queue]");
  const row = queue?.querySelector(`[data-key="after-${call}"]`);
  const next = row?.nextElementSibling?.querySelector("[data-after-open]") ?? row?.previousElementSibling?.querySelector("[data-after-open]");
  close();
  if (next) open(next.dataset.afterOpen);
}

if (dock) {
  channel.addEventListener("message", ({ data }) => opened.add(data.opened));
  document.body.addEventListener("crm:after", ({ detail }) => told(detail));
  document.body.addEventListener("crm:hello", catchUp);
  document.body.addEventListener("crm:after-saved", ({ detail }) => saved(detail));
  document.body.addEventListener("crm:after-fold", () => fold(true));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-after-open]");
    if (link && !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      open(link.dataset.afterOpen);
    } else if (event.target.closest("#after-dock [data-after-hide]")) close();
    else if (event.target.closest("#after-dock [data-after-fold]") || event.target.closest("#after-dock.is-folded .after-head")) fold(!dock.classList.contains("is-folded"));
  });
  const last = JSON.parse(sessionStorage.getItem(OPEN) ?? "null");
  if (last) open(last.call, { folded: last.folded, focus: false }).then(() => { if (shown()?.dataset.state !== "draft") close(); });
}
