"""Companies as a file: by rights, safe for spreadsheets, counted by the day (C-53)."""
