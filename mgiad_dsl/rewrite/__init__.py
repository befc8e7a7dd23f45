"""Networks that compute the same with less: one small file for each pass."""

from mgiad_dsl.rewrite.levels import LEVELS, Level, known_level, rewrite, stages

__all__ = ["LEVELS", "Level", "known_level", "rewrite", "stages"]
