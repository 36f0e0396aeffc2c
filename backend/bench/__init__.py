"""Benchmarks: each prints a table with machine, versions and date; every figure beside its alternative."""
