// What the palette shows: what was opened lately, what the search finds for the text, and the commands that hold its words.
// Says crm:palette-settled on the dialog when the lines answer what stands in the field; a slow answer never does.

const PAUSE_MS = 120;
const LIMIT = "8";
const LOST = "Нет связи с сервером. Поиск ответит, когда она вернётся.";
const WORDS = { 401: "Вход устарел. Обновите страницу.", 403: "Вход устарел. Обновите страницу.", 429: "Слишком много запросов. Подождите минуту." };

const dialog = document.getElementById("palette");
const part = (name) => dialog.querySelector(`[data-palette-${name}]`);
const [field, note, list, found, label, hits, commands] =
  dialog ? ["field", "note", "list", "found", "label", "hits", "commands"].map(part) : [];
let timer = 0;
let turn = 0;
let asking = null;

const searchFor = (text, isPeople) => `${isPeople ? dialog.dataset.peopleSrc : part("ask").action}?${new URLSearchParams({ q: text })}`;

function makeHit(hit, n) {
  const item = part("hit").content.firstElementChild.cloneNode(true);
  item.id = `palette-hit-${n}`;
  item.href = hit.url || searchFor(hit.title, true); // a person of no company has no card
  item.querySelector(`[data-of=${hit.kind === "company" ? "contact" : "company"}]`).remove();
  item.querySelector("[data-title]").textContent = hit.title;
  item.querySelector("[data-about]").textContent = hit.subtitle;
  item.querySelector("[data-matched]").textContent = hit.matched;
  const call = item.querySelector("[data-palette-call]");
  if (!hit.phone?.dialable) {
    call.remove();
    return item;
  }
  call.querySelector("[data-phone]").textContent = hit.phone.shown;
  item.setAttribute("aria-description", `Позвонить ${hit.phone.shown}: Ctrl Enter`);
  Object.assign(item.dataset, { phone: hit.phone.shown, company: hit.company_id ?? "", contact: hit.kind === "contact" ? hit.id : "" });
  return item;
}

function makeAll(query, results) {
  const item = part("all").content.firstElementChild.cloneNode(true);
  item.id = "palette-all";
  item.href = searchFor(query, results.every((hit) => hit.kind === "contact"));
  return item;
}

function show(query, results) {
  label.textContent = query ? "Найдено" : "Недавние";
  hits.replaceChildren(...results.map(makeHit), ...(query && results.length ? [makeAll(query, results)] : []));
  found.hidden = !results.length;
}

const folded = (text) => text.toLowerCase().replaceAll("ё", "е");

function filterCommands(query) {
  const words = folded(query).split(/\s+/).filter(Boolean);
  for (const item of commands.querySelectorAll("[role=option]")) item.hidden = !words.every((word) => folded(item.textContent).includes(word));
  commands.hidden = !commands.querySelector("[role=option]:not([hidden])");
}

function tell(query, answer) {
  if (answer.shown_for) note.textContent = `Показано для «${answer.shown_for}»`;
  else note.textContent = answer.hint || (query && !answer.results.length && commands.hidden ? "Ничего не найдено." : "");
}

function settle() {
  list.removeAttribute("aria-busy");
  dialog.dispatchEvent(new CustomEvent("crm:palette-settled"));
}

async function ask() {
  const query = field.value.trim();
  const mine = ++turn;
  asking?.abort();
  asking = new AbortController();
  list.setAttribute("aria-busy", "true");
  const address = query ? `${dialog.dataset.searchSrc}?${new URLSearchParams({ q: query, limit: LIMIT })}` : dialog.dataset.recentSrc;
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" }, signal: asking.signal });
    const answer = response.ok ? await response.json() : null;
    if (mine !== turn) return;
    show(query, answer?.results ?? []);
    if (answer) tell(query, answer);
    else note.textContent = WORDS[response.status] ?? "Поиск не ответил. Повторите.";
  } catch (error) {
    if (error.name === "AbortError" || mine !== turn) return;
    if (!(error instanceof TypeError)) throw error;
    show(query, []);
    note.textContent = LOST;
  }
  settle();
}

function forget() {
  clearTimeout(timer);
  turn += 1; // an answer to what was typed before must not settle a key pressed after
  asking?.abort();
}

function typed() {
  forget();
  filterCommands(field.value);
  timer = setTimeout(ask, PAUSE_MS);
}

function opened() {
  note.textContent = "";
  show("", []);
  filterCommands("");
  ask();
}

field?.addEventListener("input", typed);
dialog?.addEventListener("crm:palette-opened", opened);
dialog?.addEventListener("close", forget);
