"""A simulated phone that speaks the documented protocol only."""
