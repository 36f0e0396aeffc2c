// A form is sent once, one with data-ask after a question; [data-autosubmit] sends its form when changed; Ctrl+Enter in a text area sends it.

const isGuarded = (form) => form.method === "post" && !form.matches("[data-call-form], [data-theme-form]");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !isGuarded(form) || event.submitter?.formMethod === "dialog") return;
  if (form.dataset.ask && !form.dataset.sent && !confirm(form.dataset.ask)) {
    event.preventDefault();
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll('button:not([type="button"])')) button.setAttribute("aria-busy", "true");
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form?.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  if (event.code === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.target.form?.requestSubmit();
  }
});
