"""A failure that the person at the terminal can act on."""


class ToolError(Exception):
    """The text is one Russian sentence; `python -m devkit` prints it and ends with 1."""
