"""Files of notes: taken in by content, kept outside the web root, given out through a rights check."""
