"""Checked spec to graph: cycles run symbolically, with shapes on every edge."""

from mgiad_dsl.lower.network import lower

__all__ = ["lower"]
