// «@» in textarea[data-mentions] offers the colleagues who see the card: arrows, Enter or Tab choose, Escape closes.

const TYPED = /(?:^|[\s(«])@([\p{L}\d._-]{0,40}(?: [\p{L}-]{0,40})?)$/u;
const WAIT_MS = 150;
let timer = 0;
let asked = 0;

const rootOf = (field) => field.closest("[data-composer]");
const listOf = (field) => rootOf(field)?.querySelector("[data-composer-people]");
const typedIn = (field) => TYPED.exec(field.value.slice(0, field.selectionStart));

function close(field) {
  const list = listOf(field);
  if (!list) return;
  list.hidden = true;
  list.replaceChildren();
  field.removeAttribute("aria-activedescendant");
}

function mark(field, row) {
  for (const other of listOf(field).children) other.ariaSelected = String(other === row);
  field.setAttribute("aria-activedescendant", row.id);
  row.scrollIntoView({ block: "nearest" });
}

function show(field, people) {
  const list = listOf(field);
  list.replaceChildren(...people.map((person) => {
    const row = document.createElement("li");
    const about = document.createElement("span");
    row.role = "option";
    row.id = `${list.id}-${person.id}`;
    row.dataset.id = person.id;
    row.dataset.name = person.name;
    about.className = "muted";
    about.textContent = person.about;
    row.append(person.name, " ", about);
    return row;
  }));
  list.hidden = people.length === 0;
  if (people.length) mark(field, list.firstElementChild);
  else field.removeAttribute("aria-activedescendant");
}

async function ask(field, typed) {
  const turn = ++asked;
  const url = `${rootOf(field).dataset.peopleSrc}?q=${encodeURIComponent(typed)}`;
  try {
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || answer.redirected || turn !== asked || !typedIn(field)) return;
    show(field, (await answer.json()).people);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no network: the name stays as it was typed
  }
}

function choose(field, row) {
  const typed = typedIn(field);
  if (!typed) return close(field);
  const end = field.selectionStart;
  field.setRangeText(`@${row.dataset.name} `, end - typed[1].length - 1, end, "end");
  const chosen = document.createElement("input");
  Object.assign(chosen, { type: "hidden", name: "person", value: row.dataset.id });
  rootOf(field).append(chosen);
  close(field);
  field.focus();
}

function move(field, step) {
  const rows = [...listOf(field).children];
  const at = rows.findIndex((row) => row.ariaSelected === "true");
  mark(field, rows[(at + step + rows.length) % rows.length]);
}

const KEYS = {
  ArrowDown: (field) => move(field, 1),
  ArrowUp: (field) => move(field, -1),
  Enter: (field) => choose(field, listOf(field).querySelector("[aria-selected=true]")),
  Tab: (field) => choose(field, listOf(field).querySelector("[aria-selected=true]")),
  Escape: close,
};

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches("textarea[data-mentions]")) return;
  const typed = typedIn(field);
  clearTimeout(timer);
  asked += 1;
  if (typed) timer = setTimeout(ask, WAIT_MS, field, typed[1]);
  else close(field);
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!field.matches?.("textarea[data-mentions]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = KEYS[event.key];
  if (!act || listOf(field)?.hidden !== false) return;
  event.preventDefault();
  event.stopPropagation();
  act(field);
}, { capture: true });

document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest?.("[data-composer-people] [role=option]");
  if (!row) return;
  event.preventDefault();
  choose(row.closest("[data-composer]").querySelector("textarea[data-mentions]"), row);
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("textarea[data-mentions]")) close(event.target);
});
