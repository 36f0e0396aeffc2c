// form[data-after-card] keeps itself: 600 ms after the last key and when a field is left, a draft goes to the server.
// 409 brings what another tab has written: fields not touched here take it, touched ones win. What is typed stays.

const [PAUSE_MS, AGAIN_MS] = [600, 5000];
const DONE_ELSEWHERE = { detail: "Итог уже сохранён в другой вкладке. Чтобы исправить его, откройте карточку заново." };
const states = new WeakMap();

function stateOf(form) {
  if (!states.has(form)) states.set(form, { dirty: new Set(), refused: new Set(), timer: 0, queue: Promise.resolve() });
  return states.get(form);
}

const say = (form, words) => { form.querySelector("[data-after-saved]").textContent = words; };
const isEdit = (form) => form.dataset.state !== "draft"; // what is done is corrected by the button only
const fieldOf = (name) => (name === "next_at" ? "next" : name);
const valueOf = (form, name) => new FormData(form).get(name) ?? "";

const complain = (form, refusal, focus = false) => form.dispatchEvent(new CustomEvent("crm:after-refused", { bubbles: true, detail: { ...refusal, focus } })); // aftererrors.js
const clearErrors = (form) => form.dispatchEvent(new CustomEvent("crm:after-accepted", { bubbles: true }));

function step(form) {
  const chosen = valueOf(form, "next");
  if (chosen !== "custom") return chosen ? { next: chosen } : { next_at: "" };
  const typed = valueOf(form, "next_at");
  return typed ? { next_at: typed } : {};
}

function named(form, names) {
  const body = {};
  for (const name of ["outcome", "note", "next_text"]) if (names.has(name)) body[name] = valueOf(form, name);
  return names.has("next") ? { ...body, ...step(form) } : body;
}

const inZone = (form, moment) => moment && new Date(moment).toLocaleString("ru-RU", { timeZone: form.dataset.zone, day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" });

// The stored card into fields that this tab has not touched.
function take(form, card) {
  const { dirty } = stateOf(form);
  form.dataset.rev = card.rev;
  if (!dirty.has("outcome")) for (const radio of form.querySelectorAll("[name=outcome]")) radio.checked = radio.value === card.outcome;
  for (const name of ["note", "next_text"]) {
    const field = form.elements[name];
    if (!dirty.has(name) && field !== document.activeElement && field.value !== card[name]) field.value = card[name];
  }
  if (!dirty.has("next")) {
    form.querySelector("[data-after-when]").textContent = inZone(form, card.next_at) ?? "";
    const [chosen, moment] = [valueOf(form, "next"), form.elements.next_at];
    const isBeingChosen = chosen === "custom" && !moment.value;
    if (!isBeingChosen && Boolean(chosen) !== Boolean(card.next_at)) form.querySelector(`[name=next][value="${card.next_at ? "custom" : ""}"]`).checked = true;
    if (!isBeingChosen || card.next_at) moment.required = false;
  }
}

async function patch(form, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "" };
  const answer = await fetch(form.dataset.api, { method: "PATCH", headers, body: JSON.stringify(body), keepalive: true });
  return [answer.status, await answer.json().catch(() => ({}))];
}

// A draft goes on without the field that was refused, until it is typed anew.
async function send(form, extra, tries = 3) {
  const state = stateOf(form);
  const sent = new Set([...state.dirty].filter((name) => extra.done || !state.refused.has(name)));
  if (!sent.size && !extra.done) return null;
  sent.forEach((name) => state.dirty.delete(name));
  form.dataset.busy = "1";
  try {
    const [status, card] = await patch(form, { ...named(form, sent), ...extra, rev: Number(form.dataset.rev) });
    if (status === 200) {
      if (!state.refused.size) clearErrors(form);
      take(form, card);
      say(form, card.state === "draft" ? (state.refused.size ? "Остальное сохранено" : "Черновик сохранён") : "");
      return card;
    }
    for (const name of sent) state.dirty.add(name);
    return await refusedBy(form, status, card, extra, tries);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    for (const name of sent) state.dirty.add(name);
    say(form, "Нет связи: не сохранено. Повторим сами.");
    if (!extra.done) state.timer = setTimeout(() => save(form), AGAIN_MS);
  } finally {
    delete form.dataset.busy;
  }
  return null;
}

async function refusedBy(form, status, card, extra, tries) {
  const { refused } = stateOf(form);
  if (status === 409 && card.draft && !isEdit(form) && card.draft.state !== "draft") {
    Object.assign(form.dataset, { state: card.draft.state, rev: card.draft.rev });
    complain(form, DONE_ELSEWHERE);
  } else if (status === 409 && card.draft) {
    take(form, card.draft);
    say(form, "Изменено в другой вкладке");
    return tries ? send(form, extra, tries - 1) : null;
  } else {
    complain(form, card, Boolean(extra.done));
    if (status === 400 && card.field && !extra.done && tries) return send(form, extra, refused.add(fieldOf(card.field)) && 0);
  }
  return null;
}

// One after the other: each goes with the rev that the one before brought.
function save(form, extra = {}) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.queue = state.queue.then(() => send(form, extra));
  return state.queue;
}

function touched(form, name) {
  const state = stateOf(form);
  state.dirty.add(fieldOf(name));
  state.refused.delete(fieldOf(name));
  say(form, "");
  clearTimeout(state.timer);
  if (!isEdit(form)) state.timer = setTimeout(() => save(form), PAUSE_MS);
}

async function finish(form) {
  const reason = form.elements.reason;
  const card = await save(form, { done: true, ...(valueOf(form, "next") ? {} : { next_at: "" }), ...(reason ? { reason: reason.value } : {}) });
  if (card?.state !== "done") return;
  const page = form.closest("[data-after-page]");
  document.body.dispatchEvent(new CustomEvent("crm:toast", { detail: { text: "Итог сохранён.", tone: "success" } }));
  if (page) location.assign(page.dataset.afterPage);
  else document.body.dispatchEvent(new CustomEvent("crm:after-saved", { detail: { call: form.dataset.call } }));
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest("[data-after-card]");
  if (form && target.name !== "reason") touched(form, target.name);
});
document.addEventListener("focusout", ({ target }) => {
  const form = target.closest("[data-after-card]");
  if (form && !isEdit(form) && stateOf(form).dirty.size) save(form);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-after-card]")) return;
  event.preventDefault();
  finish(event.target);
}, { capture: true });
document.body.addEventListener("crm:after", async ({ detail }) => {
  const form = document.querySelector(`[data-after-card][data-call="${detail.call}"]`);
  if (!form || form.dataset.busy || detail.rev <= Number(form.dataset.rev) || detail.state !== "draft") return;
  const answer = await fetch(form.dataset.api, { headers: { Accept: "application/json" } }).catch(() => null);
  const card = answer?.ok ? await answer.json() : null;
  if (card && !form.dataset.busy && card.rev > Number(form.dataset.rev)) take(form, card);
});
