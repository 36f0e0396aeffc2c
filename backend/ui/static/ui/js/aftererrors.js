// What the server refused of a card after a call, beside the field that it means; aftercard.js tells of it.

document.addEventListener("crm:after-refused", ({ target: form, detail: { detail = "Не сохранено. Попробуйте ещё раз.", field = "", focus } }) => {
  form.querySelector("[data-after-error]").textContent = detail;
  const wrong = field && form.querySelector(`[name="${CSS.escape(field)}"]`);
  if (!wrong) return;
  wrong.setAttribute("aria-invalid", "true");
  if (focus) (field === "next_at" && !wrong.checkVisibility() ? form.querySelector('[name="next"][value="1h"]') : wrong).focus();
});

document.addEventListener("crm:after-accepted", ({ target: form }) => {
  form.querySelector("[data-after-error]").textContent = "";
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
});
