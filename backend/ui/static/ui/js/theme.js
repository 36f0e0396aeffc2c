// Changes the theme at once; the cookie is the server's, so the next page is painted right from the start.

const form = document.querySelector("[data-theme-form]");

function apply(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of form.querySelectorAll('button[name="theme"]')) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  form.closest("details")?.removeAttribute("open");
}

form?.addEventListener("submit", (event) => {
  if (!event.submitter) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  apply(event.submitter.value);
  fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
});
