// Pills [data-presence-user="7"] follow `crm:presence` {user, state, text, tone}.

const TONES = ["neutral", "success", "warning", "danger"].map((tone) => `tone-${tone}`);

document.body.addEventListener("crm:presence", ({ detail }) => {
  for (const pill of document.querySelectorAll(`[data-presence-user="${Number(detail.user)}"]`)) {
    pill.classList.remove(...TONES);
    pill.classList.add(`tone-${detail.tone ?? "neutral"}`);
    const prefix = pill.querySelector("[data-presence-prefix]");
    if (prefix) prefix.hidden = detail.state === "none";
    pill.dataset.state = detail.state;
    pill.querySelector("[data-presence-text]").textContent = detail.text ?? "";
  }
});
