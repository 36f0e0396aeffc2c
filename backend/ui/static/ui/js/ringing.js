// The card «Звонит …»: `crm:ringing` {key, phone, title, contact, note, company, foreign} shows it for a minute,
// the same with `over` takes it away. Nothing of it is kept anywhere.

const SHOWN_MS = 60_000;
const MOST = 3;
const place = document.getElementById("ringings");
const template = document.getElementById("ringing-template");
const shown = new Map();

function hide(key) {
  const known = shown.get(key);
  if (!known) return;
  clearTimeout(known.timer);
  known.card.remove();
  shown.delete(key);
}

function fill(card, name, text) {
  const element = card.querySelector(`[data-ringing="${name}"]`);
  element.textContent = text ?? "";
  element.hidden = !text;
}

function title(frame) {
  if (frame.title) return frame.title;
  return frame.foreign ? "Номер ведёт другой сотрудник" : "Нет в базе";
}

function show(frame) {
  hide(frame.key);
  const card = template.content.firstElementChild.cloneNode(true);
  fill(card, "phone", frame.phone);
  fill(card, "title", title(frame));
  fill(card, "contact", frame.contact);
  fill(card, "note", frame.note);
  const open = card.querySelector("[data-ringing-open]");
  const create = card.querySelector("[data-ringing-new]");
  open.hidden = !frame.company;
  create.hidden = Boolean(frame.title || frame.foreign);
  if (frame.company) open.href = place.dataset.cardUrl.replace("/0/", `/${Number(frame.company)}/`);
  create.href = `${place.dataset.newUrl}?phone=${encodeURIComponent(frame.key)}`;
  card.querySelector("[data-ringing-close]").addEventListener("click", () => hide(frame.key));
  place.append(card);
  shown.set(frame.key, { card, timer: setTimeout(() => hide(frame.key), SHOWN_MS) });
  if (shown.size > MOST) hide(shown.keys().next().value);
}

if (place && template) {
  document.body.addEventListener("crm:ringing", ({ detail }) => {
    if (detail.over) hide(detail.key);
    else show(detail);
  });
}
