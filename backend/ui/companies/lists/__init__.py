"""What the lists of companies and of contacts have in common."""
