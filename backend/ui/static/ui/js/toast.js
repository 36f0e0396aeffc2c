// Short messages: `crm:toast` {text, tone, url} from other modules, `crm:notification` {title, url} from the server.

const SHOWN_MS = 6000;
const MOST = 4;
const place = document.getElementById("toasts");
const template = document.getElementById("toast-template");

function show({ text, tone = "accent", url = "" }) {
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.className = `toast tone-${tone}`;
  const words = toast.querySelector(".toast-text");
  if (url.startsWith("/")) {
    const link = document.createElement("a");
    link.href = url;
    link.textContent = text;
    words.append(link);
  } else {
    words.textContent = text;
  }
  place.append(toast);
  while (place.children.length > MOST) place.firstElementChild.remove();
  let timer = setTimeout(() => toast.remove(), SHOWN_MS);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => { timer = setTimeout(() => toast.remove(), SHOWN_MS); });
}

if (place && template) {
  document.body.addEventListener("crm:toast", ({ detail }) => show(detail));
  document.body.addEventListener("crm:notification", ({ detail }) => {
    if (detail.title) show({ text: detail.title, url: detail.url });
  });
  place.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest(".toast").remove());
}
