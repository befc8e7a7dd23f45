"""How names and equations are written."""

from __future__ import annotations

import pytest

from mgiad_dsl.draw import Look, draw
from mgiad_dsl.draw.notation import Run, html, plain, symbol, typeset
from tests.draw.test_draw import FLAT, bundled, lowered, words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("u[l] = u[l] + B[l,i](f[l] - A[l](u[l]))", "u_l ← u_l + B_l,i(f_l − A_l\u2009u_l)"),
        ("f[l+1] = R[l-1](f[l])", "f_l+1 ← R_l−1\u2009f_l"),
        ("let s = relu(norm(theta(image)))", "s ← relu(norm(θ\u2009image))"),
        ("output logits = W(avgpool(u[L]))", "logits ← W(avgpool(u_L))"),
        ("p = 1/lam[l,i] * R0(r)", "p ← 1/λ_l,i · R_0\u2009r"),
        ("u[2*(l+1), k] = maxpool(u[l], 3x3)", "u_2*(l+1),k ← maxpool(u_l, 3x3)"),
        ("u[f(l[1])] = A(u[l])(v)", "u_f(l[1]) ← A\u2009u_l(v)"),
        ("M = M(a, b)", "M ← M(a, b)"),
        ("A(", "A("),
        ("", ""),
    ],
)  # fmt: skip
def test_equations_are_mathematics(text: str, shown: str) -> None:
    operators = {"A", "B", "R", "R0", "W", "M", "theta", "norm"}
    assert plain(typeset(text, operators)) == shown


@pytest.mark.parametrize(
    ("name", "indices", "shown"),
    [
        ("A", "2,0", "A_2,0"), ("Pi", "2", "Π_2"), ("Pi0", "", "Π_0"), ("Pic", "2,1", "Pic_2,1"),
        ("f1", "l", "f_1,l"), ("maxpool 3x3", "", "maxpool 3x3"), ("my_op2", "", "my_op2"),
        ("", "", ""), ("7", "", "7"),
    ],
)  # fmt: skip
def test_names_have_their_indices_below(name: str, indices: str, shown: str) -> None:
    assert plain(symbol(name, indices)) == shown


def test_letters_are_italic_and_operators_have_their_colour() -> None:
    text = html(typeset("u = A(v)", {"A"}), 10, "#000000", {"A": "#0072B2"})
    assert '<FONT POINT-SIZE="10" COLOR="#0072B2"><I><B>A</B></I></FONT>' in text
    assert html((Run("a<b", below=True),), 9, "#000000").startswith('<SUB><FONT POINT-SIZE="8"')
    assert "a&lt;b" in html((Run("a<b"),), 9, "#000000")


def test_the_branch_that_was_taken_stands_in_the_picture() -> None:
    dot = words(draw(bundled("mgiad")))
    assert "f _1,0" in dot or "f_1,0" in dot
    assert "?" not in dot
    both = FLAT.replace("u[l] = A(u[l])", "u[l] = l == 1 ? A(u[l]) : relu(u[l])")
    assert "==" not in words(draw(lowered(both)))


def test_chips_and_equations_are_written_alike() -> None:
    dot = draw(bundled("mgnet"), Look(legend=True))
    assert "B _1,1" in words(dot) or "B_1,1" in words(dot)
    assert "B.1_1" not in dot
