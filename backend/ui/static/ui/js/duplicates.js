// While a new company is typed, cards like it are shown; a slow answer never overtakes a newer one.

const form = document.querySelector("[data-duplicates-src]");
const place = form?.querySelector("[data-duplicates]");
const NAMES = ["name", "legal_name", "inn", "kpp", "ogrn", "website", "region", "phone", "email"];
const PAUSE_MS = 350;
let timer = 0;
let turn = 0;
let asked = "";

async function look() {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const value = form.elements.namedItem(name)?.value?.trim();
    if (value) query.set(name, value);
  }
  const text = query.toString();
  if (text === asked) return;
  asked = text;
  const mine = ++turn;
  if (!text) return place.replaceChildren();
  try {
    const answer = await fetch(`${form.dataset.duplicatesSrc}?${text}`, { headers: { "X-Requested-With": "fetch" } });
    if (mine === turn && answer.ok && !answer.redirected) place.innerHTML = await answer.text();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no network: the server looks again when it is saved
  }
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
});
