"""Operators that are modules of PyTorch: an emitted network computes what these do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import StochasticDepth

from mgiad_dsl import Source, compile_source
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.runtime import load

TEXT = """network net
input x : 3 x 8 x 8
operators {{ A : x -> 4 conv 3x3   B : 4 -> 4 conv 3x3   W : 4 -> 5 linear   {operator} }}
output y = X(W(avgpool(B(X(A(x))))))
"""


class Network(nn.Module):
    """The same by hand; one module stands in both places, or two."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.A = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.B = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.W = nn.Linear(4, 5)
        self.first, self.second = first, second

    def forward(self, x: Tensor) -> Tensor:
        means = self.B(self.first(self.A(x))).mean((2, 3))
        made: Tensor = self.second(self.W(means))
        return made


def both(operator: str, level: Level, *modules: nn.Module) -> tuple[nn.Module, Network]:
    """The emitted network and that by hand, with the same weights, one after the other."""
    text = TEXT.format(operator=operator)
    emitted = load(compile_source(Source("net", text), level=level).python)
    by_hand = Network(*modules)
    ours = emitted.state_dict()
    names = dict(zip(by_hand.state_dict(), ours, strict=True))
    by_hand.load_state_dict({theirs: ours[name] for theirs, name in names.items()})
    return emitted.train(), by_hand.train()


def assert_equal(emitted: nn.Module, by_hand: nn.Module) -> None:
    """Outputs and gradients, with the same chance."""
    x, ran = torch.randn(6, 3, 8, 8), []
    for network in (emitted, by_hand):
        torch.manual_seed(3)
        y = network(x)
        network.zero_grad()
        y.square().sum().backward()
        ran.append([y.detach(), *(p.grad for p in network.parameters())])
    for one, other in zip(*ran, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("level", LEVELS)
def test_prelu(level: Level) -> None:
    emitted, by_hand = both("X[*] : prelu", level, nn.PReLU(4), nn.PReLU(5))
    assert all(p.eq(0.25).all() for p in emitted.X.parameters())
    for slopes in (emitted.X.parameters(), (by_hand.first.weight, by_hand.second.weight)):
        for slope, value in zip(slopes, (-0.5, 2.0), strict=True):
            nn.init.constant_(slope, value)
    assert_equal(emitted, by_hand)
    assert_equal(emitted.eval(), by_hand.eval())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("operator", "module"),
    [
        ("dropout 1/4", nn.Dropout(0.25)),
        ("dropout 0", nn.Dropout(0.0)),
        ("droppath 1/4", StochasticDepth(0.25, "row")),
        ("droppath 0", StochasticDepth(0.0, "row")),
    ],
)
def test_chance(operator: str, module: nn.Module, level: Level) -> None:
    """The same numbers in the same order; none in evaluation."""
    emitted, by_hand = both(f"X : {operator}", level, module, module)
    x = torch.randn(6, 3, 8, 8)
    assert_equal(emitted, by_hand)
    assert torch.equal(emitted(x), emitted(x)) == operator.endswith(" 0")
    assert_equal(emitted.eval(), by_hand.eval())
    assert torch.equal(emitted(x), emitted(x))


def test_a_path_that_is_dropped_is_zero_for_whole_images() -> None:
    text = "network net input x : 3 x 8 x 8 operators { X : droppath 3/4 } output y = X(x)"
    made = load(compile_source(Source("net", text)).python)(torch.ones(4000, 3, 8, 8))
    assert made.flatten(1).eq(made[:, :1, 0, 0]).all()
    kept = made[:, 0, 0, 0]
    assert set(kept.tolist()) == {0.0, 4.0}
    assert abs(float(kept.mean()) - 1) < 0.15
