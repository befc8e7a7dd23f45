"""Program to one standalone Python file that needs only torch."""

from mgiad_dsl.emit.module import emit

__all__ = ["emit"]
