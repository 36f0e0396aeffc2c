"""A believable base for demonstrations, tests by hand and benchmarks."""
