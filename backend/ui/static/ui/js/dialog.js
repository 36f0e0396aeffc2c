// [data-dialog-open="id"] opens a <dialog>; a click on the backdrop closes it.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
  else if (event.target.matches("dialog[open]")) event.target.close();
});
