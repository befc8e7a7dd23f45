"""What an emitted file says of operators that nothing uses is what ``mgiad count`` says."""

from __future__ import annotations

import pytest

from mgiad_dsl import Source, compile_source
from mgiad_dsl.rewrite import LEVELS, Level

DEAD, IDLE = "dead: no path to an output", "not needed at this level of optimisation"
SPEC = """network unused
input image : 4 x 8 x 8
spaces u, z : 4 channels
operators {
    Q, R : u -> u conv 3x3  # dead
    Z : z -> u conv 3x3     # meets a zero
    P : u -> u conv 1x1     # cancels
    S : u -> u conv 3x3     # dead
    W : u -> 3 linear
    s : scalar 2            # dead
}
start {
    z = 0
    u = image
    u = u + Z(z)
    u = u + P(u) - P(u)
    let nothing = R(Q(u))
}
output logits = W(avgpool(u))
"""


def remarks(python: str) -> dict[str, str]:
    """What is said of families: a remark holds up to the next blank line."""
    found: dict[str, str] = {}
    for paragraph in python.split("def __init__")[1].split("\n\n"):
        lines, remark = [line.strip() for line in paragraph.splitlines()], ""
        for line in lines:
            if line.startswith("# "):
                remark = line.removeprefix("# ")
            elif line.startswith("self.") and remark:
                found[line.removeprefix("self.").partition(" = ")[0]] = remark
    return found


@pytest.mark.parametrize(
    ("level", "idle"), [(0, set()), (1, {"Z"}), (2, {"Z", "P"})], ids=["-O0", "-O1", "-O2"]
)
def test_dead_is_what_count_calls_dead(level: Level, idle: set[str]) -> None:
    made = compile_source(Source("unused.mgspec", SPEC), level=level)
    dead = {group.family for group in made.count.groups if group.dead}
    assert dead == {"Q", "R", "S", "s"}
    assert remarks(made.python) == dict.fromkeys(dead, DEAD) | dict.fromkeys(idle, IDLE)


@pytest.mark.parametrize("level", LEVELS)
def test_no_blank_line_ends_a_function(level: Level) -> None:
    text = "network n input x : 1 x 4 x 4 operators { a, b : scalar 2 } output y = a * x"
    python = compile_source(Source("n", text), level=level).python
    assert remarks(python) == {"b": DEAD}
    assert "self.b = nn.Parameter(torch.tensor(2.0))\n\n    def forward" in python
