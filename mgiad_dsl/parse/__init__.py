"""Text to syntax tree. The only package that knows lark.

Reading always ends: text size and nesting depth are bounded before anything recursive is done.
"""

from mgiad_dsl.parse.reader import parse, parse_value

__all__ = ["parse", "parse_value"]
