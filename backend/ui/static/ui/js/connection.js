// The visible truth about the connection: the dot at once, the strip with words after three seconds.

const STRIP_AFTER_MS = 3000;
const WORDS = {
  up: ["tone-success", "Онлайн"],
  connecting: ["tone-warning", "Соединение…"],
  down: ["tone-danger", "Нет связи"],
  stopped: ["tone-danger", "Нет связи"],
};
const LOST = "Нет связи с сервером. Данные могут устареть.";

const dot = document.querySelector("[data-connection]");
const strip = document.getElementById("connection-banner");
const message = strip?.querySelector("[data-connection-message]");
let timer = 0;

function showDot(state) {
  if (!dot) return;
  const [tone, words] = WORDS[state];
  dot.hidden = false;
  dot.classList.remove("tone-success", "tone-warning", "tone-danger");
  dot.classList.add(tone);
  dot.title = words;
  dot.querySelector("[data-connection-text]").textContent = words;
}

function showStrip(words) {
  if (!strip) return;
  message.textContent = words;
  strip.hidden = false;
}

document.body.addEventListener("crm:connection", ({ detail }) => {
  showDot(detail.state);
  if (detail.state === "up") {
    clearTimeout(timer);
    timer = 0;
    if (strip) strip.hidden = true;
  } else if (detail.state === "stopped") {
    showStrip(detail.message);
  } else if (!timer) {
    timer = setTimeout(() => {
      showDot("down");
      showStrip(LOST);
    }, STRIP_AFTER_MS);
  } else if (strip && !strip.hidden) {
    showDot("down");
  }
});
