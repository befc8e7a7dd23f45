"""Cycles in cycles: methods that call themselves, where all levels but the coarsest are alike."""

from __future__ import annotations

import re

import pytest

from mgiad_dsl import Source, compile_source
from mgiad_dsl.outline import outline
from mgiad_dsl.outline.program import OnCoarsest, Take

SPEC = """network cycles
input image : 3 x 16 x 16
levels l in 1..2 : resolution
levels k in 0..2 : channel
spaces u[l,k] : 8 channels
operators {
    S : image -> u[1,0] conv 1x1
    A[l,k] : u[l,k] -> u[l,k] conv 3x3
    D[k] : u[l,k-1] -> u[l,k] conv 1x1
    U[k] : u[l,k] -> u[l,k-1] conv 1x1
    R : u[l-1,k] -> u[l,k] conv 3x3 stride 2
    n[*] : batchnorm
}
step relax { u[l,k] = u[l,k] + n(A[l,k](u[l,k])) }
start { u[1,0] = S(image) }
cycle over l : backslash {
    smooth { cycle over k : V {
        smooth 2 relax
        coarsen { u[l,k+1] = D[k+1](u[l,k]) }
        solve 3 relax
        correct { u[l,k] = u[l,k] + U[k+1](u[l,k+1]) }
    } }
    coarsen { u[l+1,0] = R(u[l,0]) }
}
output y = u[2,0]
"""


def source(old: str = "network", new: str = "network") -> str:
    assert old in SPEC
    return compile_source(Source("cycles", SPEC.replace(old, new))).python


def methods(text: str) -> list[str]:
    return re.findall(r"def (\w+_cycle\w*)", text)


def test_one_method_for_all_levels() -> None:
    """It is given its level and the coarsest, and looks up norms by its level."""
    assert """
    def v_cycle_k(self, l: int, k: int, coarsest: int, u: Tensor, n: nn.ModuleDict) -> Tensor:
        \"""A V cycle over the levels from k to coarsest.\"""
        A = self.A[f"{l}_{k}"]
        if k == coarsest:
            for norm in n[f"k{k}_solve"]:
                u = relax(u, A, norm)
            return u
        for norm in n[f"k{k}_pre"]:
            u = relax(u, A, norm)
        u_coarse = coarsen_k(u, self.D[f"{k + 1}"])
        u_coarse = self.v_cycle_k(l, k + 1, coarsest, u_coarse, n)
        return correct_k(u, u_coarse, self.U[f"{k + 1}"])
""" in source()
    assert (
        source().count("self.v_cycle_k(1, 0, 2, ")
        == source().count("self.v_cycle_k(2, 0, 2, ")
        == 1
    )


def test_an_index_that_it_does_not_need_is_not_given() -> None:
    text = compile_source(Source("cycles", SPEC.replace("A[l,k]", "A[k]"))).python
    assert "def v_cycle_k(self, k: int, coarsest: int, u: Tensor, n: nn.ModuleDict)" in text
    assert text.count("self.v_cycle_k(0, 2, ") == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("over k : V", "over k : W"),  # comes to a level more than once
        ("over k : V", "over k : F"),
        ("smooth 2 relax", "smooth i in 0..k relax"),  # more on coarser levels
    ],
)
def test_levels_that_are_not_alike_are_written_one_after_the_other(old: str, new: str) -> None:
    (name,) = methods(source(old, new))
    assert re.fullmatch("[vwf]_cycle_k2", name)


def test_names_do_not_collide() -> None:
    """Spaces that are called like an index, or like the parameter for the coarsest level."""
    for name in ("coarsest", "l_2", "A_coarse", "n_2"):
        text = compile_source(Source("cycles", SPEC.replace("u[", f"{name}["))).python
        assert methods(text) == ["v_cycle_k"]


def test_operators_are_taken_where_they_exist() -> None:
    """On the coarsest level there is none of the next coarser one."""
    text = SPEC.replace("U[k+1](u[l,k+1])", "U[k+1](u[l,k+1] - D[k+1](u[l,k]))")
    (cycle,) = outline(compile_source(Source("cycles", text), level=0).network).cycles
    kinds = [type(each) for each in cycle.body]
    assert kinds[:3] == [Take, OnCoarsest, Take]
    first, _, second = cycle.body[:3]
    assert isinstance(first, Take)
    assert isinstance(second, Take)
    assert (first.names, second.names) == (("A",), ("D",))
