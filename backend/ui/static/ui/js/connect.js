// «Показать код»: the QR stands in the page, counts down, and says when the phone has come.

const form = document.querySelector("[data-connect-form]");
const place = document.querySelector("[data-connect-place]");
let timer = 0;

function stop(text) {
  clearInterval(timer);
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.textContent = text;
  place.replaceChildren(said);
}

function count() {
  const box = place.querySelector("[data-connect-until]");
  if (!box) return;
  const now = Date.now() + Number(document.documentElement.dataset.clockOffset ?? 0);
  const left = Math.ceil((Date.parse(box.dataset.connectUntil) - now) / 1000);
  if (left <= 0) {
    stop("Код истёк. Покажите новый.");
    return;
  }
  const words = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  place.querySelector("[data-connect-left]").textContent = `Действует ещё ${words}`;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } });
    if (answer.redirected) location.reload();
    else if (answer.ok || answer.status === 429) {
      const template = document.createElement("template");
      template.innerHTML = await answer.text();
      if (answer.ok || !place.querySelector("[data-connect-until]")) place.replaceChildren(template.content);
    } else stop("Код не создан. Обновите страницу и попробуйте ещё раз.");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    stop("Нет связи с сервером. Попробуйте ещё раз.");
  }
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  clearInterval(timer);
  timer = setInterval(count, 1000);
  count();
});

document.body.addEventListener("crm:paired", () => {
  if (place?.querySelector("[data-connect-until]")) stop("Телефон подключён.");
});
