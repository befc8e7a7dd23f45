"""Syntax tree to checked spec: names, types, structure; all errors of a file in one run."""

from mgiad_dsl.check.network import check

__all__ = ["check"]
