// The number on the bell follows `crm:notification` {unread}.

const bell = document.querySelector("[data-bell]");
const badge = bell?.querySelector("[data-unread-badge]");
const words = bell?.querySelector("[data-unread]");

document.body.addEventListener("crm:notification", ({ detail }) => {
  if (!bell || detail.unread === undefined) return;
  words.textContent = String(detail.unread);
  badge.textContent = detail.unread > 99 ? "99+" : String(detail.unread);
  badge.hidden = !detail.unread;
});
