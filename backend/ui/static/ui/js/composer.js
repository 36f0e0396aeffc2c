// [data-composer] takes files by button, by drag-and-drop and from the clipboard, sends each at once and shows how far it is.
// A form that is a composer itself is sent without a reload; inside a dialog formdialog.js sends it.

const headers = { "X-Fragment": "dialog" };
const NO_NETWORK = "Нет связи с CRM. Ничего не сохранено, попробуйте ещё раз.";
const LOST = "Файл не дошёл. Прикрепите его ещё раз.";
const LIMITS = { 413: "Файл слишком большой." };

const formOf = (root) => root.closest("form");
const tokenOf = (root) => formOf(root).querySelector("[name=csrfmiddlewaretoken]").value;
const say = (text, tone) => document.body.dispatchEvent(new CustomEvent("crm:toast", { detail: { text, tone } }));

function complain(root, text) {
  const place = root.querySelector("[data-composer-error]");
  place.textContent = text;
  place.hidden = !text;
}

function answerOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

function sendFile(root, file) {
  const list = root.querySelector("[data-composer-files]");
  const row = root.querySelector("[data-composer-file]").content.firstElementChild.cloneNode(true);
  const bar = row.querySelector("progress");
  const request = new XMLHttpRequest();
  const body = new FormData();
  const fail = (text) => {
    row.remove();
    complain(root, `${file.name}: ${text}`);
  };
  row.querySelector("[data-name]").textContent = file.name;
  row.querySelector("[data-drop]").addEventListener("click", () => drop(root, row, request));
  list.append(row);
  body.append("file", file, file.name);
  request.upload.addEventListener("progress", (event) => {
    bar.value = event.lengthComputable ? event.loaded / event.total : 0;
  });
  request.addEventListener("error", () => fail(LOST));
  request.addEventListener("load", () => {
    const said = answerOf(request);
    if (request.status !== 200 || !said.id) return fail(said.detail ?? LIMITS[request.status] ?? LOST);
    bar.remove();
    row.querySelector("[data-name]").textContent = `${said.name} · ${said.size}`;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "file", value: said.id });
    row.append(field);
  });
  request.open("POST", root.dataset.filesSrc);
  request.setRequestHeader("X-CSRFToken", tokenOf(root));
  request.send(body);
}

function drop(root, row, request) {
  const id = row.querySelector("[name=file]")?.value;
  request.abort();
  row.remove();
  if (id) fetch(`/files/${id}/drop/`, { method: "POST", headers: { "X-CSRFToken": tokenOf(root) } }).catch(() => {});
}

function take(root, files) {
  complain(root, "");
  const longest = Number(root.dataset.fileMb) * 1024 * 1024;
  for (const file of files) {
    if (file.size > longest) complain(root, `${file.name}: файл больше ${root.dataset.fileMb} МБ.`);
    else if (file.size === 0) complain(root, `${file.name}: файл пуст.`);
    else sendFile(root, file);
  }
}

async function sendNote(form) {
  const button = form.querySelector('button[type="submit"]');
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers });
    if (answer.redirected) return location.assign(answer.url);
    if (answer.status !== 204) return complain(form, (await answer.json().catch(() => ({}))).detail ?? NO_NETWORK);
    form.querySelector("[data-composer-files]").replaceChildren();
    for (const field of form.querySelectorAll("[name=person]")) field.remove();
    form.reset();
    complain(form, "");
    say(decodeURIComponent(answer.headers.get("X-Toast") ?? ""), "success");
    document.body.dispatchEvent(new CustomEvent("crm:resync", { detail: {} }));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    complain(form, NO_NETWORK);
  } finally {
    button.ariaBusy = null;
  }
}

document.addEventListener("change", (event) => {
  const root = event.target.closest("[data-composer]");
  if (!root || event.target.type !== "file") return;
  take(root, [...event.target.files]);
  event.target.value = "";
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const root = event.target.closest?.("[data-composer]");
    if (!root || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    root.classList.toggle("is-over", kind === "dragover");
    if (kind === "drop") take(root, [...event.dataTransfer.files]);
  });
}

document.addEventListener("paste", (event) => {
  const root = event.target.closest?.("[data-composer]");
  const files = [...(event.clipboardData?.files ?? [])];
  if (!root || !files.length) return;
  event.preventDefault();
  take(root, files);
});

// before forms.js and formdialog.js: a note waits for its files
document.addEventListener("submit", (event) => {
  const form = event.target;
  const root = form.matches("[data-composer]") ? form : form.querySelector("[data-composer]");
  if (!root || event.submitter?.formMethod === "dialog") return;
  if (root.querySelector("[data-composer-files] progress")) {
    event.preventDefault();
    event.stopPropagation();
    complain(root, "Подождите, пока отправятся файлы.");
  } else if (root === form) {
    event.preventDefault();
    sendNote(form);
  }
}, { capture: true });
