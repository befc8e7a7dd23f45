"""Lays out Python lines of at most 100 columns, as the usual formatters do."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 100
INDENT = "    "


@dataclass(frozen=True)
class Call:
    """``head(arguments)tail``, where an argument may be a call again."""

    head: str
    arguments: tuple[str | Call, ...]
    tail: str = ""

    def __str__(self) -> str:
        return f"{self.head}({', '.join(map(str, self.arguments))}){self.tail}"


def lines(item: str | Call, indent: int) -> list[str]:
    """An item on one line if it fits, else its arguments on one line, else one on each."""
    margin = INDENT * indent
    if len(margin) + len(str(item)) <= WIDTH or isinstance(item, str) or not item.arguments:
        return [f"{margin}{item}"]
    inside = ", ".join(map(str, item.arguments))
    if len(margin) + len(INDENT) + len(inside) <= WIDTH:
        body = [f"{margin}{INDENT}{inside}"]
    else:
        body = []
        for argument in item.arguments:
            *before, last = lines(argument, indent + 1)
            body += [*before, f"{last},"]
    return [f"{margin}{item.head}(", *body, f"{margin}){item.tail}"]
