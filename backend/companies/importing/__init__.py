"""The writing half of the import: rows of a file become cards, once, with a way back (rules of the import, C-37)."""
