"""`x` is a name like any other, and the sign between sizes."""

import pytest

from mgiad_dsl import compile_source
from mgiad_dsl.base.source import Source

TEXT = """
network n(x3 = 3, s = 3)
input x : 4 x 8 x 8
levels l in 1..2 : resolution
spaces u[l], x_1[l] : 4 channels
spaces y[l] = x0[l] : 4 channels
operators {
    A : u[1] -> u[1] conv x3 x x3
    X, z : u[1] -> u[1] conv 3x3 stride 1x1 pad 1 x 1
    P[l] : u[l-1] -> u[l] conv s x s
}
start {
    u[1] = x
    let xx = X(A(u[1]))
    u[1] = z(xx)
}
cycle over l : backslash { smooth { u[l] = relu(u[l]) } coarsen { u[l+1] = P[l+1](u[l]) } }
output x = maxpool(u[2], 2x2 stride 2)
"""


def test_x_as_a_name_and_between_sizes() -> None:
    text = TEXT.replace("spaces y[l] = x0[l] : 4 channels\n", "")
    assert compile_source(Source("n", text)).count.weights == 4 * 9 * 16


@pytest.mark.parametrize("target", ["x = x_in", "x[1] = x_in"])
def test_x_as_the_target_of_a_second_equation(target: str) -> None:
    index = "[l]" if "[" in target else ""
    text = f"""
    network n()
    input x_in : 4 x 8 x 8
    levels l in 1..1 : resolution
    spaces v[l] : 4 channels
    spaces x{index} : 4 channels
    operators {{ A : x{"[1]" if index else ""} -> x{"[1]" if index else ""} conv 3 x 3 }}
    start {{ v[1] = x_in {target} }}
    output y = A(x{"[1]" if index else ""})
    """
    assert compile_source(Source("n", text)).count.weights == 9 * 16
