"""One HTML page on a network, with all that it needs inside: ``mgiad report``."""

from mgiad_dsl.page.page import page

__all__ = ["page"]
