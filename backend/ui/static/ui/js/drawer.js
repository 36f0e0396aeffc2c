// The sidebar is a popover on narrow screens. Leaving it open over a wide layout, or after a step back, would trap focus.

const sidebar = document.getElementById("sidebar");
const wide = matchMedia("(min-width: 56.26rem)");

function close() {
  if (sidebar?.matches(":popover-open")) sidebar.hidePopover();
}

wide.addEventListener("change", close);
addEventListener("pagehide", close);
