"""Where torch begins: emitted source becomes a live module."""

from mgiad_dsl.runtime.load import load

__all__ = ["load"]
