"""Changes of cards that exist: versions, who changed what, two people at once (docs/architecture.md, «Правки»)."""
