"""Notes on a card: written, edited with versions, pinned, deleted; colleagues named in them are told once."""
