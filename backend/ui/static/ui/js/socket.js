// One /ws/ui/ connection of this tab. Every frame becomes `crm:<type>` on the body; `crm:connection` tells the state.
// Topics are read from data-watch="company.12 calls.all" wherever it stands, also after a region was redrawn.

const SILENCE_MS = 40_000;
const OPENING_MS = 10_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_LAST_MS = 20_000;
const KEPT_REVS = 500;
const STOPPED = "Соединение остановлено сервером. Обновите страницу.";

const path = document.querySelector('meta[name="crm-socket"]')?.content;
const login = document.querySelector('meta[name="crm-login"]')?.content ?? "/login/";
const revs = new Map();
let watched = new Set();
let socket = null;
let attempt = 0;
let hellos = 0;
let retryTimer = 0;
let silenceTimer = 0;
let isStopped = false;
let isGreeted = false;
let isLeaving = false;

function emit(type, detail = {}) {
  document.body.dispatchEvent(new CustomEvent(`crm:${type}`, { detail }));
}

function setState(state, message = "") {
  document.documentElement.dataset.socket = state;
  emit("connection", { state, message });
}

function send(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function listen(milliseconds) {
  clearTimeout(silenceTimer);
  silenceTimer = setTimeout(() => drop(), milliseconds);
}

function drop() {
  const old = socket;
  socket = null;
  old?.close();
  retry(0);
}

function retry(delay) {
  if (isStopped) return;
  clearTimeout(retryTimer);
  clearTimeout(silenceTimer);
  setState(navigator.onLine ? "connecting" : "down");
  retryTimer = setTimeout(connect, delay);
}

function backoff() {
  const ceiling = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** attempt);
  attempt += 1;
  return Math.random() * ceiling;
}

function stop(message) {
  isStopped = true;
  clearTimeout(silenceTimer);
  setState("stopped", message);
}

// Codes of docs/protocol: 40xx and 44xx stop, 42xx come back at once, all else backs off.
function closed(code) {
  if (isLeaving) return;
  if (code === 4401) {
    isStopped = true;
    location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
  } else if ((code >= 4000 && code < 4100) || (code > 4401 && code < 4500)) {
    stop(STOPPED);
  } else if (code >= 4200 && code < 4300) {
    retry(Math.random() * 1000);
  } else {
    retry(backoff());
  }
}

function isStale(frame) {
  const known = revs.get(frame.id);
  if (known !== undefined && frame.rev < known) return true;
  revs.delete(frame.id);
  revs.set(frame.id, frame.rev);
  if (revs.size > KEPT_REVS) revs.delete(revs.keys().next().value);
  return false;
}

function greeted(frame) {
  attempt = 0;
  hellos += 1;
  document.documentElement.dataset.clockOffset = String(Date.parse(frame.server_time) - Date.now());
  watched = new Set();
  isGreeted = true;
  syncTopics();
  setState("up");
  emit("hello", frame);
  if (hellos > 1) emit("resync");
}

function received(event) {
  listen(SILENCE_MS);
  const frame = JSON.parse(event.data);
  if (frame.type === "ping") send({ type: "pong", ts: frame.ts });
  else if (frame.type === "hello") greeted(frame);
  else if (frame.type !== "call" || !isStale(frame)) emit(frame.type, frame);
}

function syncTopics() {
  if (!isGreeted || socket?.readyState !== WebSocket.OPEN) return;
  const wanted = new Set();
  for (const element of document.querySelectorAll("[data-watch]")) {
    for (const topic of element.dataset.watch.split(/\s+/).filter(Boolean)) wanted.add(topic);
  }
  for (const topic of wanted) if (!watched.has(topic)) send({ type: "watch", topic });
  for (const topic of watched) if (!wanted.has(topic)) send({ type: "unwatch", topic });
  watched = wanted;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const fresh = new WebSocket(`${scheme}//${location.host}${path}`);
  socket = fresh;
  isGreeted = false;
  listen(OPENING_MS);
  fresh.addEventListener("message", (event) => fresh === socket && received(event));
  fresh.addEventListener("close", (event) => fresh === socket && closed(event.code));
}

if (path) {
  setState("connecting");
  connect();
  new MutationObserver(syncTopics).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-watch"] });
  addEventListener("online", () => socket?.readyState !== WebSocket.OPEN && drop());
  addEventListener("offline", () => setState("down"));
  addEventListener("pagehide", () => { isLeaving = true; socket?.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted) { isLeaving = false; drop(); } });
}
