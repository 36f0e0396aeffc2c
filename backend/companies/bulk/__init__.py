"""One action over many companies, in the background: frozen when confirmed, refused row by row, undone (C-52)."""
