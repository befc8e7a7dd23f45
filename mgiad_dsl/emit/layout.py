"""Lays out Python lines of at most 100 columns, as the usual formatters do."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 100
INDENT = "    "


@dataclass(frozen=True)
class Call:
    """``head(arguments)tail``, where an argument may be a call again."""

    head: str
    arguments: tuple[str | Call | Display, ...]
    tail: str = ""

    def __str__(self) -> str:
        return f"{self.head}({', '.join(map(str, self.arguments))}){self.tail}"


@dataclass(frozen=True)
class Display:
    """``head(items)tail``: a tuple, or a list or a dict, by its brackets."""

    head: str
    items: tuple[str | Display, ...]
    tail: str = ""
    brackets: tuple[str, str] = ("(", ")")

    def __str__(self) -> str:
        opening, closing = self.brackets
        only = "," if self.brackets == ("(", ")") and len(self.items) == 1 else ""
        return f"{self.head}{opening}{', '.join(map(str, self.items))}{only}{closing}{self.tail}"


def lines(item: str | Call | Display, indent: int) -> list[str]:
    """An item on one line if it fits; else what is in it one on each.

    The arguments of a call stay on one line of their own where they fit.
    """
    margin = INDENT * indent
    inside = () if isinstance(item, str) else _inside(item)
    if len(margin) + len(str(item)) <= WIDTH or isinstance(item, str) or not inside:
        return [f"{margin}{item}"]
    opening, closing = ("(", ")") if isinstance(item, Call) else item.brackets
    together = ", ".join(map(str, inside))
    if isinstance(item, Call) and len(margin) + len(INDENT) + len(together) <= WIDTH:
        body = [f"{margin}{INDENT}{together}"]
    else:
        body = []
        for each in inside:
            *before, last = lines(each, indent + 1)
            body += [*before, f"{last},"]
    return [f"{margin}{item.head}{opening}", *body, f"{margin}{closing}{item.tail}"]


def _inside(item: Call | Display) -> tuple[str | Call | Display, ...]:
    return item.arguments if isinstance(item, Call) else item.items
