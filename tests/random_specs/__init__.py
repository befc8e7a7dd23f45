"""Random valid specs, with what their generator itself knows of their weights.

A plan is drawn, written down as a spec, and counted by walking through its cycles and noting
the index tuple of every operator on the way: no code of the compiler takes part.
"""

from tests.random_specs.draw import AWKWARD_NAMES, plans
from tests.random_specs.plan import Plan
from tests.random_specs.tally import counts
from tests.random_specs.text import text

__all__ = ["AWKWARD_NAMES", "Plan", "counts", "plans", "text"]
