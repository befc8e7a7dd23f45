"""The commands ``mgiad`` and ``mgiad-compile``."""

from mgiad_dsl.cli.main import main, main_compile

__all__ = ["main", "main_compile"]
