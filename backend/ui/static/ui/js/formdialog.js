// <a data-form-dialog href="…"> shows the form of that page in a dialog; without this script it is a page of its own.
// <form data-form-dialog method="post"> does the same with the answer to what it sends.
// The server answers a POST with 204 (done: X-Toast words, X-Go an address) or with the form again and what is wrong.

const dialog = document.getElementById("form-dialog");
const headers = { "X-Fragment": "dialog" };
const say = (text, tone) => document.body.dispatchEvent(new CustomEvent("crm:toast", { detail: { text, tone } }));
const NO_NETWORK = "Нет связи с CRM. Ничего не сохранено, попробуйте ещё раз.";

let isBusy = false;

async function ask(url, options) {
  if (isBusy) return null;
  isBusy = true;
  dialog.toggleAttribute("aria-busy", true);
  try {
    return await fetch(url, options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    say(NO_NETWORK, "danger");
    return null;
  } finally {
    isBusy = false;
    dialog.toggleAttribute("aria-busy", false);
  }
}

function put(html) {
  dialog.innerHTML = html;
  if (!dialog.open) dialog.showModal();
  const wrong = dialog.querySelector("[aria-invalid=true], .banner.tone-danger");
  const first = wrong ?? dialog.querySelector("[autofocus], input:not([type=hidden]), select, textarea");
  if (wrong && !wrong.matches("input, select, textarea")) wrong.scrollIntoView({ block: "nearest" });
  else first?.focus();
}

async function open(url) {
  const answer = await ask(url, { headers });
  if (!answer) return;
  if (answer.redirected || !answer.headers.get("content-type")?.startsWith("text/html")) location.assign(url);
  else if (answer.ok || answer.status === 403 || answer.status === 409) put(await answer.text());
  else location.assign(url);
}

async function send(form, submitter) {
  const body = new FormData(form, submitter);
  const answer = await ask(form.getAttribute("action"), { method: "POST", body, headers });
  if (!answer) return;
  if (answer.redirected) return location.assign(answer.url);
  if (answer.status !== 204) return put(await answer.text());
  const go = answer.headers.get("X-Go");
  if (go?.startsWith("/")) return location.assign(go);
  dialog.close();
  const words = answer.headers.get("X-Toast");
  if (words) say(decodeURIComponent(words), "success");
  document.body.dispatchEvent(new CustomEvent("crm:resync", { detail: {} }));
}

// <form data-form-quiet>: one button, the answer is a toast; without this script the page goes there and back
async function press(form, submitter) {
  const answer = await ask(form.getAttribute("action"), { method: "POST", body: new FormData(form, submitter), headers });
  if (!answer) return;
  if (answer.redirected) return location.assign(answer.url);
  form.closest("details[open]")?.removeAttribute("open");
  if (answer.status === 204) say(decodeURIComponent(answer.headers.get("X-Toast") ?? ""), "success");
  else say((await answer.json().catch(() => ({}))).detail ?? NO_NETWORK, "danger");
  document.body.dispatchEvent(new CustomEvent("crm:resync", { detail: {} }));
}

if (dialog) {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-form-quiet]")) return;
    event.preventDefault();
    press(event.target, event.submitter);
  }, { capture: true });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-form-dialog]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.href);
  });
  dialog.addEventListener("submit", (event) => {
    if (event.submitter?.formMethod === "dialog") return;
    event.preventDefault();
    send(event.target, event.submitter);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-form-dialog]")) return;
    event.preventDefault();
    send(event.target, event.submitter);
  }, { capture: true });
  dialog.addEventListener("close", () => dialog.replaceChildren());
}
