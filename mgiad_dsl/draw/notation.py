"""How names, indices and equations are written, in chips and in equations alike.

An index stands below its name, Greek letters are letters, a value is assigned with an arrow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from html import escape

from mgiad_dsl.draw.metrics import text_width
from mgiad_dsl.graph.network import WeightGroup

# The size of what stands below, as a share of the size of the line.
BELOW = 8 / 9

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η",
    "theta": "θ", "kappa": "κ", "lam": "λ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π",
    "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\s+|.")
_SIGNS = {"-": "−", "*": "·"}


@dataclass(frozen=True)
class Run:
    """A piece of a line; ``below`` it, in italics, or with the name of an operator."""

    text: str
    below: bool = False
    italic: bool = False
    operator: str | None = None


Math = tuple[Run, ...]


def symbol(name: str, indices: str = "", operator: str | None = None) -> Math:
    """A name with its indices below: ``A`` and ``2,0``; ``R0`` is R with 0 below."""
    letters, digits = re.fullmatch(r"(.*?)(\d*)", name).groups() if name else ("", "")  # type: ignore[union-attr]
    if not letters.isalpha():
        letters, digits = name, ""
    shown = _GREEK.get(letters, letters)
    below = ",".join(part for part in (digits, indices) if part)
    runs = [Run(shown, italic=len(shown) == 1 and shown.isalpha(), operator=operator)]
    return (*runs, *([Run(below, below=True, italic=not below.isdigit())] if below else []))


def of_group(group: WeightGroup) -> Math:
    """A sharing group as equations write it: its family, its indices below."""
    if group.path:
        return words(group.name)
    return symbol(group.family, ",".join(map(str, group.indices)))


def words(text: str) -> Math:
    """Plain text."""
    return (Run(text),)


def typeset(text: str, operators: Collection[str]) -> Math:
    """An equation as a spec writes it, as mathematics.

    ``u[l] = u[l] + B[l](f[l])`` has arrows for assignments, indices below, no parentheses
    around the one thing an operator is applied to.
    """
    tokens = _TOKEN.findall(text.removeprefix("let ").removeprefix("output "))
    return _merged(_Typesetter(tokens, operators).runs())


class _Typesetter:
    def __init__(self, tokens: list[str], operators: Collection[str]) -> None:
        self._tokens = tokens
        self._operators = operators
        self._at = 0
        self._assigned = False

    def runs(self) -> list[Run]:
        found: list[Run] = []
        while self._at < len(self._tokens):
            found += self._next()
        return found

    def _next(self) -> list[Run]:
        token = self._tokens[self._at]
        if re.match(r"[A-Za-z_]", token):
            return self._name()
        self._at += 1
        if token == "=" and not self._assigned:
            self._assigned = True
            return [Run("←")]
        return [Run(" " if token.isspace() else _SIGNS.get(token, token))]

    def _name(self) -> list[Run]:
        """A name with its indices; of an operator also what it is applied to, if that is one."""
        token = self._tokens[self._at]
        self._at += 1
        if self._peek() != "[" and self._peek() == "(" and token not in self._operators:
            return [Run(token)]  # a function: upright
        operator = token if token in self._operators else None
        runs = list(symbol(token, self._indices(), operator))
        if operator and self._applied_to_one():
            self._at += 1
            runs += [Run("\u2009"), *self._name()]
            self._at += 1
        return runs

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def _indices(self) -> str:
        """The text between brackets, if some follow."""
        if self._peek() != "[":
            return ""
        end = self._closing(self._at, "[", "]")
        inside = "".join(self._tokens[self._at + 1 : end]).replace(" ", "")
        self._at = end + 1
        return inside.replace("-", "−")

    def _applied_to_one(self) -> bool:
        """Whether a name alone, perhaps with indices, stands in the parentheses that follow."""
        if self._peek() != "(" or not re.match(r"[A-Za-z_]", self._peek(1)):
            return False
        if self._peek(2) == "[":
            return self._peek(self._closing(self._at + 2, "[", "]") + 1 - self._at) == ")"
        return self._peek(2) == ")"

    def _closing(self, at: int, opening: str, closing: str) -> int:
        depth = 0
        for end in range(at, len(self._tokens)):
            depth += (self._tokens[end] == opening) - (self._tokens[end] == closing)
            if depth == 0:
                return end
        return len(self._tokens) - 1


def _merged(runs: Iterable[Run]) -> Math:
    """Neighbours that look alike as one."""
    merged: list[Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if last and (last.below, last.italic, last.operator) == (
            run.below,
            run.italic,
            run.operator,
        ):
            merged[-1] = Run(last.text + run.text, run.below, run.italic, run.operator)
        else:
            merged.append(run)
    return tuple(merged)


# -- how it is set -----------------------------------------------------------------------------


def html(math: Math, size: float, ink: str, inks: dict[str, str] | None = None) -> str:
    """Graphviz's HTML-like text; ``inks`` are colours of operators."""
    return "".join(_html(run, size, ink, inks or {}) for run in math)


def _html(run: Run, size: float, ink: str, inks: dict[str, str]) -> str:
    text = escape(run.text).replace(" ", "&#160;")
    if run.operator in inks:
        ink, text = inks[run.operator], f"<B>{text}</B>"
    if run.italic:
        text = f"<I>{text}</I>"
    shown = size * BELOW if run.below else size
    text = f'<FONT POINT-SIZE="{shown:g}" COLOR="{ink}">{text}</FONT>'
    return f"<SUB>{text}</SUB>" if run.below else text


def width(math: Math, size: float) -> float:
    """The width of a line in points."""
    return sum(text_width(run.text, size * BELOW if run.below else size) for run in math)


def plain(math: Math) -> str:
    """As text in a line: ``A_2,0``."""
    return "".join(f"_{run.text}" if run.below else run.text for run in math)
