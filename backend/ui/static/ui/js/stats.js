// Open statistics: frames carry the figures of today, everything else is asked for again at a gentle pace.
// <div data-stats="stats.all" data-stats-from="2026-11-27" data-stats-to="…" data-stats-figures="2026-11-27">; the last
// one only where the page shows exactly what frames carry. Nothing is asked while the page is hidden, once on return.

const SETTLE_MS = 1100; // equal requests of one second share a report: ask when that one is old
const RATES = new Set(["connect_rate_percent", "outgoing_connect_rate_percent", "unknown_share_percent"]);
const WHOLES = { connect_rate_percent: "total_calls", outgoing_connect_rate_percent: "outgoing_known", unknown_share_percent: "total_calls" };

let timer = 0;
let askedAt = 0;
let isDue = false;

const page = () => document.querySelector("[data-stats]");
const group = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const pad = (value) => String(value).padStart(2, "0");

function clock(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

function long(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours) return minutes ? `${hours} ч ${minutes} мин` : `${hours} ч`;
  return minutes ? `${minutes} мин` : `${seconds} с`;
}

function words(figures, key) {
  const value = figures[key];
  if (value === undefined) return null;
  if (RATES.has(key)) return figures[WHOLES[key]] ? `${value.toFixed(1).replace(".", ",")}\u00a0%` : "—";
  if (key === "talk_s") return value ? long(value) : "—";
  if (key === "avg_duration") return figures.timed ? clock(value) : "—";
  return group(value);
}

function write(element, text) {
  if (text === null || element.textContent === text) return;
  element.textContent = text;
  const place = element.closest("[data-key]");
  place?.classList.remove("flash");
  void place?.offsetWidth;
  place?.classList.add("flash");
}

function patch(root, frame) {
  for (const element of root.querySelectorAll('[data-stat^="total."]')) {
    write(element, words(frame.total, element.dataset.stat.slice("total.".length)));
  }
  for (const row of frame.rows) {
    for (const element of root.querySelectorAll(`tr[data-key="user-${row.user_id}"] [data-stat]`)) {
      write(element, words(row, element.dataset.stat));
    }
  }
}

function ask() {
  timer = 0;
  if (document.hidden) return;
  isDue = false;
  askedAt = performance.now();
  document.body.dispatchEvent(new CustomEvent("crm:statsdue", { detail: {} }));
}

function soon(everyS) {
  isDue = true;
  if (timer || document.hidden) return;
  timer = setTimeout(ask, Math.max(SETTLE_MS, askedAt + everyS * 1000 - performance.now()));
}

document.body.addEventListener("crm:stats", ({ detail: frame }) => {
  const root = page();
  if (!root || frame.scope !== root.dataset.stats) return;
  if (frame.total && root.dataset.statsFigures === frame.on) patch(root, frame);
  if (frame.days.some((day) => day >= root.dataset.statsFrom && day <= root.dataset.statsTo)) soon(frame.every_s);
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && isDue && !timer) ask();
});
