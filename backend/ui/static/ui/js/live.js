// Regions that redraw themselves: <div data-live-src="/calls/rows/" data-live-on="crm:call crm:resync">.
// data-live-filter="company:12" listens to frames with that field; data-live-swap="outer" replaces the region itself.
// `crm:watching`: what happened between the drawing of the page and the moment its topic is heard is fetched then.
// Rights stay in the views: a frame only says «look again». A lost frame shows after at most 30 s.

const THROTTLE_MS = 500;
const POLL_MS = 30_000;
const EVENTS = ["call", "after", "callback", "company", "requests", "presence", "stats", "statsdue", "paired", "wall", "probed", "phone_logs", "notification", "progress", "viewers", "hello", "watching", "resync"];
const states = new WeakMap();
const asked = new Map();

function stateOf(region) {
  if (!states.has(region)) states.set(region, { timer: 0, at: -Infinity, isBusy: false, isDue: false });
  return states.get(region);
}

function concerns(region, type, frame) {
  if (!(region.dataset.liveOn ?? "crm:resync").split(/\s+/).includes(type)) return false;
  const filters = (region.dataset.liveFilter ?? "").split(/\s+/).filter(Boolean);
  return !filters.length || filters.some((pair) => {
    const [field, value] = pair.split(":");
    return !frame || !(field in frame) || String(frame[field]) === value;
  });
}

// The first call goes out at once, those within half a second after it become one.
function schedule(region) {
  const state = stateOf(region);
  if (state.timer) return;
  const wait = Math.max(0, state.at + THROTTLE_MS - performance.now());
  state.timer = setTimeout(() => {
    state.timer = 0;
    refresh(region, state);
  }, wait);
}

// Regions that show one address and look at one moment (a bar that is drawn twice) ask once.
function ask(address) {
  if (!asked.has(address)) {
    asked.set(address, fetch(address, { headers: { "X-Requested-With": "fetch" } }).then(async (answer) => ({ isGood: answer.ok && !answer.redirected, html: await answer.text() })));
    setTimeout(() => asked.delete(address));
  }
  return asked.get(address);
}

async function refresh(region, state) {
  if (!region.isConnected || !region.dataset.liveSrc) return; // redrawn meanwhile as one that stands still
  if (state.isBusy) {
    state.isDue = true;
    return;
  }
  state.isBusy = true;
  state.at = performance.now();
  try {
    const { isGood, html } = await ask(region.dataset.liveSrc);
    if (isGood && region.isConnected) swap(region, html);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no network: the next event or the poll asks again
  } finally {
    state.isBusy = false;
    if (state.isDue) {
      state.isDue = false;
      schedule(region);
    }
  }
}

function swap(region, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const changed = new Set();
  const fresh = template.content.firstElementChild;
  if (region.dataset.liveSwap !== "outer") morphChildren(region, template.content, changed);
  else if (fresh) morph(region, fresh, changed);
  for (const element of changed) flash(element);
}

function flash(element) {
  element.classList.remove("flash");
  void element.offsetWidth; // restarts the animation
  element.classList.add("flash");
}

function note(node, changed) {
  const element = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("[data-key]");
  if (element) changed.add(element);
}

function morph(from, to, changed) {
  if (from.dataset?.liveKeep !== undefined || (from === document.activeElement && from.matches("input, textarea, select"))) return;
  const ticks = from.dataset?.timerFrom && from.dataset.timerFrom === to.dataset.timerFrom;
  const own = from.matches("details, dialog") ? ["open"] : [];
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !own.includes(name)) from.removeAttribute(name);
  if (!ticks) morphChildren(from, to, changed);
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : "") || "";
const isAlike = (a, b) => a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function morphChildren(from, to, changed) {
  const keyed = new Map([...from.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let cursor = from.firstChild;
  for (const fresh of [...to.childNodes]) {
    const known = keyOf(fresh) ? keyed.get(keyOf(fresh)) : cursor;
    if (!known || !isAlike(known, fresh)) {
      from.insertBefore(fresh, cursor);
      note(fresh, changed);
      continue;
    }
    if (known === cursor) cursor = cursor.nextSibling;
    else from.insertBefore(known, cursor);
    if (known.nodeType === Node.ELEMENT_NODE) morph(known, fresh, changed);
    else if (known.data !== fresh.data) {
      known.data = fresh.data;
      note(known, changed);
    }
  }
  while (cursor) {
    const gone = cursor;
    cursor = cursor.nextSibling;
    gone.remove();
  }
}

const regions = () => document.querySelectorAll("[data-live-src]");

for (const name of EVENTS) {
  document.body.addEventListener(`crm:${name}`, ({ type, detail }) => {
    for (const region of regions()) if (concerns(region, type, detail)) schedule(region);
  });
}

function poll() {
  if (document.hidden) return;
  const oldest = performance.now() - POLL_MS + 1000;
  for (const region of regions()) if (stateOf(region).at < oldest) schedule(region);
}

setInterval(poll, POLL_MS);
document.addEventListener("visibilitychange", poll);
