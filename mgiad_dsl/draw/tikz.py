"""A picture as TikZ: graphviz's drawing, each node and arrow a few lines that can be edited."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%",
    "&": r"\&", "_": r"\_", "^": r"\^{}", "~": r"\~{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "\xa0": "~", "\u2009": r"\,",
}  # fmt: skip
_SIGNS = {
    "×": r"\times", "←": r"\leftarrow", "−": "-", "·": r"\cdot", "…": r"\ldots", "●": r"\bullet",
    "▸": r"\triangleright", "▬": r"\blacksquare", "α": r"\alpha", "β": r"\beta", "γ": r"\gamma",
    "δ": r"\delta", "ε": r"\varepsilon", "η": r"\eta", "θ": r"\theta", "κ": r"\kappa",
    "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho",
    "σ": r"\sigma", "τ": r"\tau", "φ": r"\varphi", "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega",
    "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi", "Π": r"\Pi",
    "Σ": r"\Sigma", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega",
}  # fmt: skip
_BOLD, _ITALIC, _BELOW = 1, 2, 16

Ops = list[dict[str, Any]]


def tikz(drawing: bytes) -> str:
    """The TikZ text of what `dot -Tjson` gives; its lengths are those of the picture."""
    data = json.loads(drawing)
    writer = _Writer(_scale(data))
    body = [line for name, ops in _parts(data) for line in writer.part(name, ops)]
    colours = [f"\\definecolor{{c{hex_}}}{{HTML}}{{{hex_}}}" for hex_ in sorted(writer.colours)]
    head = [
        "% \\usepackage{amsmath,amssymb,tikz} in the preamble, then \\input this file.",
        *colours,
        "\\begin{tikzpicture}[x=1bp,y=1bp,line join=round,",
        "  every node/.style={inner sep=0pt,outer sep=0pt}]",
    ]
    return "\n".join([*head, *body, "\\end{tikzpicture}", ""])


def _scale(data: Mapping[str, Any]) -> float:
    """By what graphviz makes a drawing smaller so that it has the size that is asked for."""
    if "size" not in data:
        return 1.0
    left, _, right, _ = map(float, data["bb"].split(","))
    rim = 2 * 72 * float(data.get("pad", 0))
    return min(1.0, 72 * float(data["size"].split(",")[0]) / (right - left + rim))


def _parts(data: Mapping[str, Any]) -> Iterator[tuple[str, Ops]]:
    """What is drawn, from the ground up: the picture itself, nodes and clusters, arrows."""
    keys = ("_draw_", "_ldraw_", "_hdraw_", "_tdraw_")
    objects, edges = data.get("objects", []), data.get("edges", [])
    names = {item["_gvid"]: item["name"] for item in objects}
    labelled = [
        (data["name"], data),
        *((item["name"], item) for item in objects),
        *((f"{names[edge['tail']]} -> {names[edge['head']]}", edge) for edge in edges),
    ]
    for name, item in labelled:
        ops = [op for key in keys for op in item.get(key, [])]
        if ops and item.get("style") != "invis":
            yield name, ops


@dataclass(frozen=True)
class _Text:
    """A piece of text: where it begins, in which ink, size and face, and what stands below it."""

    x: float
    y: float
    colour: str
    size: float
    face: int
    text: str
    anchor: str
    below: str = ""


class _Writer:
    def __init__(self, scale: float) -> None:
        self.colours: set[str] = set()
        self._scale = scale

    def part(self, name: str, ops: Ops) -> Iterator[str]:
        """The lines of a node or an arrow."""
        yield f"% {name}"
        pen, fill, style = "000000", "000000", ""
        size, face = 10.0, 0
        waiting: _Text | None = None
        for op in ops:
            match op["op"]:  # type: ignore[exhaustive-match]  # of graphviz's signs only these draw
                case "c":
                    pen = op["color"]
                case "C":
                    fill = op["color"]
                case "S":
                    style = _style(op["style"], style, self._scale)
                case "F":
                    size = op["size"]
                case "t":
                    face = op["fontchar"]
                case "T":
                    text = self._text_of(op, pen, size, face)
                    if waiting and face & _BELOW:
                        waiting = replace(waiting, below=op["text"])
                        continue
                    if waiting:
                        yield self._text(waiting)
                    waiting = text
                case "P" | "p" | "L" | "E" | "e" | "b" | "B":
                    yield from self._shape(op, pen, fill, style)
        if waiting:
            yield self._text(waiting)

    # -- shapes ------------------------------------------------------------------------------

    def _shape(self, op: Mapping[str, Any], pen: str, fill: str, style: str) -> Iterator[str]:
        kind = op["op"]
        path = self._path(op)
        if not path:
            return
        closed = kind in "bB" and op["points"][0] == op["points"][-1]
        filled = self._colour(fill) if kind in "PE" or closed else None
        drawn = None if "line width=0.00bp" in style else self._colour(pen)
        inks = [f"fill={filled}"] if filled else []
        inks += [f"draw={drawn}"] if drawn else []
        if inks:
            yield f"\\path[{','.join([*inks, *([style] if style else [])])}] {path};"

    def _path(self, op: Mapping[str, Any]) -> str:
        match op["op"]:  # type: ignore[exhaustive-match]
            case "P" | "p":
                return " -- ".join([*map(self._at, op["points"]), "cycle"])
            case "L":
                return " -- ".join(map(self._at, op["points"]))
            case "E" | "e":
                x, y, across, up = op["rect"]
                radii = f"{self._number(across)} and {self._number(up)}"
                return f"{self._at((x, y))} ellipse ({radii})"
            case "b" | "B":
                first, *rest = map(self._at, op["points"])
                curves = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
                return first + "".join(f" .. controls {a} and {b} .. {c}" for a, b, c in curves)
        return ""

    def _at(self, point: Any) -> str:
        return f"({self._number(point[0])},{self._number(point[1])})"

    def _number(self, length: float) -> str:
        return f"{length * self._scale:.2f}"

    def _colour(self, text: str) -> str | None:
        """A colour of the document, None for none."""
        digits = text.lstrip("#").upper()
        if len(digits) == 8 and digits.endswith("00"):
            return None
        self.colours.add(digits[:6])
        return f"c{digits[:6]}"

    # -- texts -------------------------------------------------------------------------------

    def _text_of(self, op: Mapping[str, Any], pen: str, size: float, face: int) -> _Text:
        anchor = {"l": "base west", "c": "base", "r": "base east"}[op["align"]]
        x, y = op["pt"]
        return _Text(x, y, pen, size, face, op["text"], anchor)

    def _text(self, text: _Text) -> str:
        size = text.size * self._scale
        font = f"\\sffamily\\fontsize{{{size:.2f}}}{{{1.2 * size:.2f}}}\\selectfont"
        options = f"anchor={text.anchor},text={self._colour(text.colour)},font={font}"
        return f"\\node[{options}] at {self._at((text.x, text.y))} {{{_latex(text)}}};"


def _style(style: str, before: str, scale: float) -> str:
    """A style of graphviz, as one of TikZ; widths of lines add to what was there."""
    if style.startswith("setlinewidth("):
        width = float(style.removeprefix("setlinewidth(").rstrip(")")) * scale
        return ",".join(part for part in (before, f"line width={width:.2f}bp") if part)
    return style if style in ("dashed", "dotted") else ""


def _latex(text: _Text) -> str:
    if text.below:
        name = _SIGNS.get(text.text)
        if name is None and len(text.text) == 1:
            name = text.text
        bold = text.face & _BOLD
        name = name or f"\\mathrm{{{_plain(text.text)}}}"
        name = f"\\boldsymbol{{{name}}}" if bold else name
        return f"${name}_{{{_math(text.below)}}}$"
    if text.face & _ITALIC and len(text.text) == 1:
        return f"${_SIGNS.get(text.text, text.text)}$"
    shown = _plain(text.text)
    return f"\\textbf{{{shown}}}" if text.face & _BOLD else shown


def _plain(text: str) -> str:
    text = text.replace(" × ", "\u2009×\u2009")  # TeX's own sign is wide, and boxes are not
    return "".join(
        f"${_SIGNS[letter]}$" if letter in _SIGNS else "--" if letter == "–" else
        _ESCAPED.get(letter, letter)
        for letter in text
    )  # fmt: skip


def _math(text: str) -> str:
    return "".join(
        _SIGNS[letter] + " " if letter in _SIGNS else _ESCAPED.get(letter, letter)
        for letter in text
    )
