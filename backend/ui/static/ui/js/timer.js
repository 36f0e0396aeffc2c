// Counts up in [data-timer-from="ISO moment"] by the server's clock, so that every screen shows the same second.

function show(element) {
  const offset = Number(document.documentElement.dataset.clockOffset ?? 0);
  const seconds = Math.max(0, Math.floor((Date.now() + offset - Date.parse(element.dataset.timerFrom)) / 1000));
  if (Number.isNaN(seconds)) return;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = String(seconds % 60).padStart(2, "0");
  const words = hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
  if (element.textContent !== words) element.textContent = words;
}

function tick() {
  for (const element of document.querySelectorAll("[data-timer-from]")) show(element);
}

tick();
setInterval(tick, 500);
