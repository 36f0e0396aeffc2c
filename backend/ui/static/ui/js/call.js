// form[data-call-form] without a reload: the answer is a call box, it goes into #call-box. Errors stand where the click was.

const LOST = "Нет связи с сервером. Повторите: двойного звонка не будет.";
const WORDS = {
  403: "Страница устарела. Обновите её и повторите.",
  429: "Слишком много команд подряд. Подождите минуту.",
};
let isBusy = false;

function setBusy(form, busy) {
  isBusy = busy;
  for (const button of document.querySelectorAll("form[data-call-form] button")) {
    if (busy) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
}

function showError(form, text) {
  const own = form.closest("[data-call-id]")?.querySelector("[data-call-error]");
  let place = own ?? form.querySelector("[data-call-error]");
  if (!place) {
    place = document.createElement("p");
    place.className = "field-error";
    place.dataset.callError = "";
    place.setAttribute("role", "alert");
    form.append(place);
  }
  place.textContent = text;
}

function clearErrors() {
  for (const place of document.querySelectorAll("form[data-call-form] > [data-call-error]")) place.remove();
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template;
}

function placeBox(template) {
  const box = template.content.querySelector(".call-box");
  const place = document.getElementById("call-box");
  if (!box || !place) return false;
  place.replaceChildren(box);
  box.scrollIntoView({ block: "nearest", behavior: "smooth" });
  document.body.dispatchEvent(new CustomEvent("crm:boxed", { detail: { id: box.dataset.callId } }));
  return true;
}

async function answered(form, response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (response.redirected) {
    location.assign(response.url);
  } else if (type.includes("json")) {
    showError(form, (await response.json()).detail ?? WORDS[response.status] ?? LOST);
    return;
  }
  const answer = parsed(await response.text());
  if (placeBox(answer)) return;
  const hint = answer.content.querySelector("[data-call-error]")?.textContent.trim();
  if (!response.ok) showError(form, hint || (WORDS[response.status] ?? "Сервер не принял команду. Повторите через минуту."));
  else if (form.dataset.callAfter) location.assign(form.dataset.callAfter);
  else location.reload();
}

async function sendCall(form) {
  setBusy(form, true);
  clearErrors();
  try {
    const headers = { Accept: "text/html", "X-Fragment": "call-box", "X-Requested-With": "fetch" };
    const body = new FormData(form);
    body.set("tab", document.documentElement.dataset.tab ?? ""); // the card after the call opens here
    await answered(form, await fetch(form.action, { method: "POST", body, headers }));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    showError(form, LOST);
  } finally {
    setBusy(form, false);
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-call-form]")) return;
  event.preventDefault();
  if (!isBusy) sendCall(event.target);
});
