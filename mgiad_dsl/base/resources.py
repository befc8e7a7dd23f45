"""Finds the grammar and the bundled specs, in a checkout or in an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


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


def cache_file(name: str) -> str | None:
    """A file in the user's cache folder, or None where there can be none.

    Building the parser's tables takes most of the time of a short command.
    """
    from platformdirs import user_cache_path  # only a command that parses needs it

    try:
        path = user_cache_path("mgiad_dsl", appauthor=False)
        if not path.is_absolute():  # a user without a home
            return None
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return str(path / name)
