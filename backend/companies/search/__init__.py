"""Search over companies and people: `search` answers, `index` keeps its rows."""
