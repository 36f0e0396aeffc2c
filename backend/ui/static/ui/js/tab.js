// The name of this tab: a click carries it, and the card after the call opens where the click was.
// A copied tab copies its storage too: the older tab answers, and the copy takes a new name.

const KEY = "crm:tab";
const channel = new BroadcastChannel("crm-tabs");
const born = performance.timeOrigin;

function name(value) {
  sessionStorage.setItem(KEY, value);
  document.documentElement.dataset.tab = value;
}

channel.addEventListener("message", ({ data }) => {
  const own = document.documentElement.dataset.tab;
  if (data.kind === "here" && data.tab === own && data.born > born) channel.postMessage({ kind: "taken", tab: own, born: data.born });
  else if (data.kind === "taken" && data.tab === own && data.born === born) name(crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
});

name(sessionStorage.getItem(KEY) ?? crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
channel.postMessage({ kind: "here", tab: document.documentElement.dataset.tab, born });
