"""A step that works on other values on another level is another function."""

from __future__ import annotations

import pytest
import torch

from mgiad_dsl import Source, compile_source
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.runtime import load

FIRST_LEVEL = """network first
input image : 4 x 8 x 8
levels l in 1..3 : resolution
spaces u[l] : 4 channels
spaces w : 4 channels
operators {
    A : u[l] -> u[l] conv 3x3
    B : u[l] -> w conv 3x3
    R : u[l] -> u[l+1] conv 3x3
    n[l] : batchnorm
}
start { u[1] = image  w = B(u[1]) }
cycle over l : backslash {
    smooth { u[l] = A(u[l])  w = w + B(n[l](u[1])) }
    coarsen { u[l+1] = R(u[l]) }
}
output q = w
"""

OUTER_NUMBER = """network outer
input image : 4 x 8 x 8
levels l in 1..2 : resolution
levels k in 0..1 : channel
spaces u[l,k] : 4 channels
operators {
    A : u[l,k] -> u[l,k] conv 3x3
    s[l] : scalar 1/2
    D : u[l,k] -> u[l,k+1] conv 1x1
    U : u[l,k] -> u[l,k-1] conv 1x1
    R : u[l,k] -> u[l+1,k] conv 3x3 stride 2
}
start { u[1,0] = image }
cycle over l : backslash {
    smooth {
        let c = s[l]
        cycle over k : V {
            smooth 2 { u[l,k] = u[l,k] + c * A(u[l,k]) }
            coarsen { u[l,k+1] = D(u[l,k]) }
            correct { u[l,k] = u[l,k] + c^2 * U(u[l,k+1]) }
        }
    }
    coarsen { u[l+1,0] = R(u[l,0]) }
}
output y = u[2,0]
"""


def network(text: str, level: Level) -> torch.nn.Module:
    torch.manual_seed(0)
    return load(compile_source(Source("net", text), level=level).python).double().eval()


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_named_by_its_number(level: Level) -> None:
    """``u[1]`` is what the step has just set on the first level, and another's on the next."""
    made = network(FIRST_LEVEL, level)
    x = torch.randn(2, 4, 8, 8, dtype=torch.float64)
    first = made.A(x)
    w = made.B(x)
    for key in ("1", "2", "3"):
        w = w + made.B(made.n[key](first))
    torch.testing.assert_close(made(x), w, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("level", LEVELS)
def test_a_number_of_an_outer_let(level: Level) -> None:
    made = network(OUTER_NUMBER, level)
    x = torch.randn(2, 4, 8, 8, dtype=torch.float64)

    def v_cycle(u, c):  # type: ignore[no-untyped-def]
        for _ in range(2):
            u = u + c * made.A(u)
        coarse = made.D(u)
        for _ in range(2):
            coarse = coarse + c * made.A(coarse)
        return u + c**2 * made.U(coarse)

    u = v_cycle(made.R(v_cycle(x, made.s["1"])), made.s["2"])
    torch.testing.assert_close(made(x), u, rtol=1e-12, atol=1e-12)


def test_sums_are_added_in_the_order_of_the_spec() -> None:
    text = """network sums
    input image : 4 x 8 x 8
    spaces u : 4 channels
    operators { A, B, C : image -> u conv 3x3 }
    output y = A(image) + (B(image) + C(image))
    """
    assert (
        "self.A(image) + (self.B(image) + self.C(image))"
        in compile_source(Source("net", text)).python
    )


MOVED = """network moved(kind = W)
input image : 4 x 9 x 9
levels l in 1..3 : resolution
spaces u[l] = o[l] : 4 channels
operators {
    A[l] : u[l] -> u[l] conv 3x3
    D[l] : u[l-1] -> u[l] conv 1x1 stride 3
    P[l] : u[l] -> u[l-1] conv 1x1 stride 3 transposed
}
start { u[1] = image  o[1] = 0 }
cycle over l : kind {
    smooth 2 { let new = u[l] + A[l](u[l]) - o[l]  o[l] = u[l]  u[l] = new }
    coarsen { u[l+1] = D[l+1](u[l])  o[l+1] = 0 }
    correct { u[l] = u[l] + P[l+1](u[l+1] - D[l+1](u[l])) }
}
output y = u[1]
output z = u[3] + o[3]
"""


def test_a_value_that_moves_to_a_name_keeps_it_while_it_is_needed() -> None:
    """``D u`` of `coarsen` moves to ``o``, which is set again before `correct` needs it."""
    written, rewritten = network(MOVED, 0), network(MOVED, 1)
    x = torch.randn(2, 4, 9, 9, dtype=torch.float64)
    for name, value in written(x).items():
        assert torch.equal(rewritten(x)[name], value), name
