"""REST of calls and phones; the paths of the seed are frozen."""
