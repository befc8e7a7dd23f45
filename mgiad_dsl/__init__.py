"""mgiad_dsl: a compiler for multigrid-style neural networks."""

__version__ = "0.1.0"
