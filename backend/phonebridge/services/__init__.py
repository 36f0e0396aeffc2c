"""Every write of the call domain; keyword-only, repeatable, telling others after commit."""
