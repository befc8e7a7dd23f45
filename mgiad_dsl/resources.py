"""Finds the grammar and the bundled specs, in a checkout or in an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder ``grammars`` or ``specs``.

    A checkout comes first: in an editable install the packaged copy is stale.
    """
    checkout = _PACKAGE.parent / name
    if (_PACKAGE.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return _PACKAGE / "data" / name


def grammar() -> str:
    """The text of the grammar."""
    return (folder("grammars") / "mgspec.lark").read_text(encoding="utf-8")


def bundled_specs() -> list[Path]:
    """The specs that come with the package, by name."""
    return sorted(folder("specs").glob("*.mgspec"))
