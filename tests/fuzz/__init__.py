"""Mutated specs: whatever a text says, the compiler gives a network or an error with a place.

``python -m tests.fuzz 100000`` tries as many mutants, on all cores, and prints what breaks.
"""

from tests.fuzz.mutate import mutant
from tests.fuzz.trial import Failure, attempt

__all__ = ["Failure", "attempt", "mutant"]
