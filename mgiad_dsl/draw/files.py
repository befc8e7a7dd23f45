"""Writes a picture of a DOT text with graphviz."""

from __future__ import annotations

import re
from pathlib import Path

from mgiad_dsl.base.files import write
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.draw.tikz import tikz

FORMATS = ("svg", "png", "pdf", "tex", "dot")
DPI = 144
_BELOW = re.compile(rb'baseline-shift="sub" font-size="([\d.]+)"')

INSTALL = (
    "install graphviz (`apt install graphviz`, `brew install graphviz`, "
    "`conda install graphviz`), or open the .dot file in any graphviz viewer"
)


def render(dot_text: str, path: Path, file_format: str) -> None:
    """Write the picture of a DOT text; the file appears at once or not at all.

    Raises:
        SpecError: the format is unknown or graphviz's program `dot` is missing; in the
            latter case the text is written next to ``path`` with the suffix ``.dot``.
    """
    if file_format not in FORMATS:
        raise SpecError(f"no picture format {file_format}", hint=f"one of {', '.join(FORMATS)}")
    if file_format == "dot":
        write(path, dot_text.encode())
        return
    try:
        picture = drawn(dot_text, file_format)
    except FileNotFoundError:
        fallback = path.with_suffix(".dot")
        write(fallback, dot_text.encode())
        raise SpecError(
            f"graphviz's program `dot` is not installed: wrote {fallback} and no {file_format}",
            hint=INSTALL,
        ) from None
    write(path, picture)


def drawn(dot_text: str, file_format: str) -> bytes:
    """The picture of a DOT text.

    Raises:
        FileNotFoundError: graphviz's program `dot` is missing.
    """
    if file_format == "png":
        with_dpi = dot_text.replace("{", f"{{\n\tgraph [dpi={DPI}]", 1)
        return _graphviz(with_dpi, "png")
    if file_format == "svg":
        return _BELOW.sub(_lowered, _graphviz(dot_text, "svg"))
    if file_format == "tex":
        return tikz(_graphviz(dot_text, "json")).encode()
    return _graphviz(dot_text, file_format)


def _lowered(sub: re.Match[bytes]) -> bytes:
    """What stands below, in words that all browsers know, and as small as it was measured:
    graphviz says the size around it, and Pango makes it smaller by 1.2.
    """
    return b'dy="0.3em" font-size="%.2f"' % (float(sub[1]) / 1.2)


def _graphviz(dot_text: str, file_format: str) -> bytes:
    import graphviz

    try:
        return bytes(graphviz.pipe("dot", file_format, dot_text.encode(), quiet=True))
    except graphviz.ExecutableNotFound as error:
        raise FileNotFoundError("dot") from error
    except graphviz.CalledProcessError as error:
        reason = (error.stderr or b"").decode(errors="replace").splitlines()[:1]
        raise SpecError(f"graphviz could not draw this network: {''.join(reason)}") from error
