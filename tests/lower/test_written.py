"""The text of an equation as it ran: conditionals are the branches that were taken."""

from __future__ import annotations

import pytest

from tests.small import graph, net, placed


def text(expression: str, flag: bool) -> str:
    """What stands on the right-hand side of an equation on level 1."""
    spec = net(parameters=", flag = true", smooth=f"u[l] = {expression}", repeat="1")
    spec = spec.replace("u[l], f[l] :", "u[l] = f[l] :")  # so that branches may be either
    network = graph(spec, flag=flag)
    return next(e.text for place, e in placed(network) if place == "l1_pre1").partition(" = ")[2]


@pytest.mark.parametrize(
    ("expression", "true", "false"),
    [
        ("flag ? u[l] : f[l]", "u[l]", "f[l]"),
        ("relu(flag ? u[l] : f[l])", "relu(u[l])", "relu(f[l])"),
        ("relu (flag ? u[l] : f[l])", "relu (u[l])", "relu (f[l])"),
        ("B [l,1] ((flag ? u[l] : f[l]))", "B [l,1] (u[l])", "B [l,1] (f[l])"),
        ("B[l,(flag ? 1 : 2)](flag ? u[l] : f[l])", "B[l,1](u[l])", "B[l,2](f[l])"),
        ("f[l] + ((flag ? u[l] : f[l]))", "f[l] + u[l]", "f[l] + f[l]"),
        ("u[l] - (flag ? u[l] : f[l] - u[l])", "u[l] - u[l]", "u[l] - (f[l] - u[l])"),
        ("u[l] - (flag ? u[l] : (f[l]))", "u[l] - u[l]", "u[l] - f[l]"),
        ("-(flag ? u[l] : -f[l])", "-u[l]", "-(-f[l])"),
        ("-(-u[l])", "-(-u[l])", "-(-u[l])"),
        ("(flag ? 2 : -2) * u[l]", "2 * u[l]", "(-2) * u[l]"),
    ],
)
def test_a_conditional_is_its_branch(expression: str, true: str, false: str) -> None:
    assert (text(expression, True), text(expression, False)) == (true, false)


@pytest.mark.parametrize(
    ("expression", "true", "false"),
    [
        ("f[l] + (l > 5 ? u[l] : (flag ? u[l] : f[l]))", "f[l] + u[l]", "f[l] + f[l]"),
        ("f[l] + (l > 5 ? u[l] : flag ? u[l] : f[l])", "f[l] + u[l]", "f[l] + f[l]"),
        ("f[l] + (l < 5 ? flag ? u[l] : -f[l] : u[l])", "f[l] + u[l]", "f[l] + (-f[l])"),
        ("l < 5 ? relu(flag ? u[l] : f[l]) : u[l]", "relu(u[l])", "relu(f[l])"),
        ("(flag ? true : false) ? (l < 5 ? u[l] : f[l]) : f[l]", "u[l]", "f[l]"),
    ],
)
def test_so_is_one_inside_another(expression: str, true: str, false: str) -> None:
    assert (text(expression, True), text(expression, False)) == (true, false)


def test_comments_are_left_out_wherever_they_stand() -> None:
    expression = "f[l] + ( # one (\n flag ? u[l] # or ) the other\n : f[l] # )\n )"
    assert (text(expression, True), text(expression, False)) == ("f[l] + u[l]", "f[l] + f[l]")
