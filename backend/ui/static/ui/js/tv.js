// A television runs for months by itself: a clock, the age of its figures, a fresh page at night and with a new version.

const STALE_MS = 10_000;
const NIGHT = "04:00";
const clock = document.querySelector("[data-tv-clock]");
const age = document.querySelector("[data-tv-age]");
const board = document.querySelector("[data-tv]");
let release = clock.dataset.release;
let downSince = 0;
let last = "";

const now = () => new Date(Date.now() + Number(document.documentElement.dataset.clockOffset ?? 0));
const words = new Intl.DateTimeFormat("ru-RU", { timeZone: clock.dataset.zone, hour: "2-digit", minute: "2-digit" });

function madeAt() {
  return Date.parse(board.querySelector("[data-made-at]")?.dataset.madeAt ?? "");
}

function tick() {
  const time = words.format(now());
  clock.textContent = time;
  if (time === NIGHT && last && last !== NIGHT) location.reload();
  last = time;
  const isStale = downSince && Date.now() - downSince > STALE_MS;
  age.hidden = !isStale;
  if (isStale) age.textContent = `Нет связи. Числа старше ${Math.max(Math.round((now() - madeAt()) / 1000), 10)} с`;
}

document.body.addEventListener("crm:connection", ({ detail }) => {
  if (detail.state === "up") downSince = 0;
  else downSince ||= Date.now();
});

document.body.addEventListener("crm:hello", ({ detail }) => {
  if (detail.release && release && detail.release !== release) location.reload();
  release = detail.release || release;
});

setInterval(tick, 1000);
tick();
