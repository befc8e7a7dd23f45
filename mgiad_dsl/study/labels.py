"""Names of candidates as a figure, a page and a paper write them: ``MGiaD_{3,64}``."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SUBSCRIPT = re.compile(r"_\{([^{}]*)\}")


def label(template: str, values: Mapping[str, str]) -> str:
    """A template with values for the names between its braces: ``MGiaD_{width,c_K}``."""

    def filled(match: re.Match[str]) -> str:
        words = [word.strip() for word in match[1].split(",")]
        return "_{" + ",".join(values.get(word, word) for word in words) + "}"

    return _SUBSCRIPT.sub(filled, template)


def as_plain(text: str) -> str:
    """For file names and tables: ``MGiaD_3,64``"""
    return _SUBSCRIPT.sub(r"_\1", text)


def as_math(text: str) -> str:
    """For matplotlib: ``MGiaD$_{\\mathrm{3,64}}$``, without a space behind the comma."""
    escaped = text.replace("\\", "").replace("$", "")
    return _SUBSCRIPT.sub(lambda m: "$_{\\mathregular{" + _tight(m[1]) + "}}$", escaped)


def as_latex(text: str) -> str:
    """For LaTeX: ``MGiaD\\textsubscript{3,64}``, its special characters escaped."""
    parts = []
    for number, part in enumerate(_SUBSCRIPT.split(text)):
        escaped = re.sub(r"([&%$#_{}])", r"\\\1", part.replace("\\", ""))
        escaped = escaped.replace("~", r"\textasciitilde{}").replace("^", r"\textasciicircum{}")
        parts.append(rf"\textsubscript{{{escaped}}}" if number % 2 else escaped)
    return "".join(parts)


def as_html(text: str) -> str:
    """For a page: ``MGiaD<sub>3,64</sub>``"""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SUBSCRIPT.sub(r"<sub>\1</sub>", safe)


def _tight(text: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", text).replace(",", "{,}")
