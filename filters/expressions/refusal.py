"""How an expression is refused: one line that says what is wrong, and a picture of where."""

from __future__ import annotations

from schemas.errors import FilterError

PICTURE_CHARS_MAX = 76
"""Of the text that a picture shows."""


class ExpressionError(FilterError):
    """An expression that cannot be read. `at` is the place in `text`, counted from 0."""

    def __init__(self, what: str, text: str, at: int, *, where: str = "") -> None:
        """`where` is the file, filter or clause that the text stands in."""
        self.what = what
        self.text = text
        self.at = max(0, min(at, len(text)))
        super().__init__(f"{where}{': ' if where else ''}character {self.at + 1}: {what}")

    def within(self, where: str) -> ExpressionError:
        """The same, told with the place that the text stands in."""
        return ExpressionError(self.what, self.text, self.at, where=where)

    @property
    def picture(self) -> str:
        """Two lines: the text, or as much of it as a line holds, and a caret under the place."""
        begin = max(0, self.at - PICTURE_CHARS_MAX // 2)
        shown = self.text[begin : begin + PICTURE_CHARS_MAX]
        safe = "".join(char if char.isascii() and char.isprintable() else "?" for char in shown)
        return f"{safe}\n{' ' * (self.at - begin)}^"
