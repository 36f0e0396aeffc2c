// «Проверить связь»: a question to one phone; the answer comes as a frame with the round trip that the server measured.

const form = document.querySelector("[data-probe]");
const place = document.querySelector("[data-probe-answer]");
const PATIENCE_MS = 10_000;
let timer = 0;

function say(text) {
  clearTimeout(timer);
  place.textContent = text;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  say("Ждём ответа…");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } });
    const said = await answer.json();
    if (answer.ok) {
      timer = setTimeout(() => say("Телефон не ответил за десять секунд."), PATIENCE_MS);
    } else say(said.detail);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    say("Нет связи с сервером. Попробуйте ещё раз.");
  }
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

document.body.addEventListener("crm:probed", ({ detail }) => {
  if (String(detail.device) === form?.dataset.probe) say(`Телефон ответил за ${detail.rtt_ms} мс`);
});
