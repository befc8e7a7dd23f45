"""What weights start from: the option ``init``, in what is written and in what is drawn."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from mgiad_dsl import Source, compile_file, compile_source
from mgiad_dsl.emit.initial import _MADE
from mgiad_dsl.language.kinds import INITIALS
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.runtime import load

TEXT = """network net(start_at = kaiming)
input x : 16 x 8 x 8
operators {{ {operators} }}
output y = {output}
"""


def source(operators: str, output: str, level: Level = 1, **settings: str) -> str:
    text = TEXT.format(operators=operators, output=output)
    return compile_source(Source("net", text), level=level, settings=settings).python


def weights(kind: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of one operator from 16 channels to 32, as they start."""
    torch.manual_seed(0)
    network = load(source(f"A : x -> 32 {kind}", "A(avgpool(x))"))
    weight, bias = network.A.weight, network.A.bias  # type: ignore[union-attr]
    assert isinstance(weight, nn.Parameter)
    assert isinstance(bias, nn.Parameter)
    return weight.detach(), bias.detach()


FANS = {
    "conv 3x3 bias": (144, 288),
    "conv 3x3 group_size 4 bias": (18, 288),
    "conv 5x5 depthwise bias": (25, 800),
    "conv 3x3 transposed bias": (288, 144),
    "conv 3x3 group_size 8 transposed bias": (72, 144),
}


@pytest.mark.parametrize("kind", FANS)
@pytest.mark.parametrize("init", ["", "init kaiming", "init uniform", "init xavier", "init zero"])
def test_distributions(kind: str, init: str) -> None:
    fan_in, fan_out = FANS[kind]
    weight, bias = weights(f"{kind} {init}")
    spread = weight.std().item()
    match init:
        case "" | "init kaiming":
            assert spread == pytest.approx(math.sqrt(2 / fan_out), rel=0.06)
            assert weight.abs().max() > 3 * spread  # normal
        case "init uniform" | "init xavier":
            bound = 1 / math.sqrt(fan_in)
            if init == "init xavier":
                bound = math.sqrt(6 / (fan_in + fan_out))
            assert 0.97 * bound < weight.abs().max() <= bound
            assert spread == pytest.approx(bound / math.sqrt(3), rel=0.06)
        case "init zero":
            assert not weight.any()
    if init == "init uniform":
        assert 0 < bias.abs().max() <= 1 / math.sqrt(fan_in)
    else:
        assert not bias.any()


@pytest.mark.parametrize(
    ("init", "bound"), [("", 1 / 4), ("init uniform", 1 / 4), ("init xavier", math.sqrt(1 / 8))]
)
def test_linear(init: str, bound: float) -> None:
    weight, bias = weights(f"linear {init}")
    assert 0.95 * bound < weight.abs().max() <= bound
    assert bias.any() == (init != "init xavier")


def test_every_word_is_made() -> None:
    assert {*_MADE, "uniform"} == set(INITIALS)


@pytest.mark.parametrize(("size", "kernel", "rank"), [("64", "3", 1), ("4 x 4 x 4", "3x3x3", 3)])
def test_signals_and_volumes(size: str, kernel: str, rank: int) -> None:
    text = f"""network net
input x : 8 x {size}
operators {{ A : x -> 16 conv {kernel} init xavier  B : x -> 16 conv {kernel} }}
output y = A(x) + B(x)
"""
    network = load(compile_source(Source("net", text)).python)
    points = 3**rank
    bound = math.sqrt(6 / (24 * points))
    for name, spread in ("A", bound / math.sqrt(3)), ("B", math.sqrt(2 / (16 * points))):
        weight = network.get_submodule(name).get_parameter("weight")
        assert weight.std().item() == pytest.approx(spread, rel=0.15)


def test_linear_at_zero_or_kaiming() -> None:
    weight, bias = weights("linear init zero")
    assert not weight.any()
    assert not bias.any()
    weight, bias = weights("linear init kaiming")
    assert weight.std().item() == pytest.approx(math.sqrt(2 / 32), rel=0.1)
    assert not bias.any()


def reset(python: str) -> str:
    """The lines of `reset_parameters` below its docstring; nothing where there is none."""
    _, _, below = python.partition("    def reset_parameters(self) -> None:\n")
    body = below.partition("\n\n")[0].splitlines()[1:]
    return "\n".join(line.removeprefix(" " * 8) for line in body)


ALL = """for module in self.modules():
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")"""


@pytest.mark.parametrize(
    ("operators", "lines"),
    [
        ("A, B : x -> x conv 3x3", ALL),
        ("A, B : x -> x conv 3x3 init kaiming", ALL),
        ("A, B : x -> x conv 3x3 init uniform", ""),
        (
            "A, B : x -> x conv 3x3 init zero",
            "for module in (self.A, self.B):\n    nn.init.zeros_(module.weight)",
        ),
        (
            "A : x -> x conv 3x3 init xavier  B : x -> x conv 3x3 init uniform",
            "nn.init.xavier_uniform_(self.A.weight)",
        ),
        (
            "A : x -> x conv 3x3 bias init xavier  B : x -> x conv 3x3 bias init uniform",
            "nn.init.xavier_uniform_(self.A.weight)\nnn.init.zeros_(self.A.bias)",
        ),
        (
            "A, B : x -> x conv 3x3 init uniform  W, X : 3 -> 3 linear init kaiming",
            """for module in (self.W, self.X):
    nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    nn.init.zeros_(module.bias)""",
        ),
        (
            "A : x -> x conv 3x3 init zero  B : x -> x conv 3x3 init zero bias",
            """for module in (self.A, self.B):
    nn.init.zeros_(module.weight)
    if module.bias is not None:
        nn.init.zeros_(module.bias)""",
        ),
    ],
)
def test_what_is_written(operators: str, lines: str) -> None:
    assert reset(source(operators, "B(A(x))")) == lines


@pytest.mark.parametrize(
    ("init", "lines"),
    [
        ("zero", "for module in self.A.values():\n    nn.init.zeros_(module.weight)"),
        ("i == 2 ? zero : uniform", 'nn.init.zeros_(self.A["2"].weight)'),
        (
            "i == 2 ? uniform : zero",
            'for module in (self.A["1"], self.A["3"]):\n    nn.init.zeros_(module.weight)',
        ),
        (
            "(i == 2 ? xavier : zero)",
            'nn.init.xavier_uniform_(self.A["2"].weight)\n'
            'for module in (self.A["1"], self.A["3"]):\n    nn.init.zeros_(module.weight)',
        ),
    ],
)
@pytest.mark.parametrize(
    ("declared", "given"),
    [("x -> x conv 3x3", "x"), ("16 -> 16 linear", "V(avgpool(x))")],
    ids=["conv", "linear"],
)
def test_families(init: str, lines: str, declared: str, given: str) -> None:
    operators = f"V : x -> 16 linear  A[i] : {declared} init {init}"
    python = source(operators, f"A[3](A[2](A[1]({given})))")
    assert "\n".join(line for line in reset(python).splitlines() if "bias" not in line) == lines
    assert 'for key in ("1", "2", "3"):' in python  # made alike, whatever they start from
    fresh = load(python).A  # type: ignore[union-attr]
    at_zero = [key for key, conv in fresh.items() if not conv.weight.any()]  # type: ignore[operator]
    assert at_zero == [key for key in "123" if _said(init, int(key)) == "zero"]


def _said(init: str, i: int) -> str:
    if "?" not in init:
        return init
    two, others = init.strip("()").partition("? ")[2].split(" : ")
    return two if i == 2 else others


def test_a_parameter_may_say_it() -> None:
    operators = "A : x -> x conv 3x3 init start_at"
    assert reset(source(operators, "A(x)")) == ALL
    assert reset(source(operators, "A(x)", start_at="uniform")) == ""
    assert "zeros_" in reset(source(operators, "A(x)", start_at="zero"))


def test_uniform_is_what_pytorch_makes() -> None:
    python = source("A : x -> 8 conv 3x3 bias init uniform  W : 8 -> 3 linear", "W(avgpool(A(x)))")
    torch.manual_seed(5)
    ours = load(python)
    torch.manual_seed(5)
    theirs = [nn.Conv2d(16, 8, 3, padding=1), nn.Linear(8, 3)]
    expected = [p for module in theirs for p in module.parameters()]
    assert all(torch.equal(*each) for each in zip(ours.parameters(), expected, strict=True))


@pytest.mark.parametrize("level", LEVELS)
def test_levels_start_alike(level: Level) -> None:
    operators = """A, B : x -> x conv 3x3 group_size 4 init xavier
                   C : x -> x conv 3x3 init zero  W : x -> 3 linear init kaiming"""
    networks = []
    for each in LEVELS[0], level:
        torch.manual_seed(1)
        networks.append(load(source(operators, "W(avgpool(C(x) + B(A(x))))", level=each)))
    both = list(zip(*(network.parameters() for network in networks), strict=True))
    assert len(both) == 5
    assert all(torch.equal(*each) for each in both)


def test_weights_can_be_drawn_again() -> None:
    network = load(source("A : x -> x conv 3x3 init zero  B : x -> x conv 3x3", "B(A(x))"))
    with torch.no_grad():
        for p in network.parameters():
            p.fill_(2)
    network.reset_parameters()  # type: ignore[operator]
    assert not network.A.weight.any()  # type: ignore[union-attr, operator]
    assert network.B.weight.std() > 0  # type: ignore[union-attr, operator]


@pytest.mark.parametrize("init", ["init", "init[i]", "init, other"])
def test_init_may_be_an_operator(init: str) -> None:
    """Behind one whose options end without it, whatever follows the name."""
    python = source(f"A : x -> x conv 3x3 init zero\n{init} : x -> x conv 1x1", use(init))
    assert reset(python).endswith("nn.init.zeros_(self.A.weight)")


def use(init: str) -> str:
    return f"A({init.replace('[i]', '[1]').partition(',')[0]}(x))"


CYCLES = (
    "backslash { smooth 2 init coarsen { u[l+1] = u[l] } solve 2 init }",
    "backslash { smooth init coarsen { u[l+1] = u[l] } }",
    "backslash { smooth 2 init\n coarsen { u[l+1] = u[l] } }",
    "V { smooth 2 init coarsen { u[l+1] = u[l] } solve 2 init correct { u[l] = u[l+1] } }",
    "V { coarsen { u[l+1] = u[l] } solve 2 init correct { u[l] = u[l+1] } smooth 2 init }",
    "V { smooth i in 1..2 init coarsen { u[l+1] = u[l] } correct { u[l] = u[l+1] } }",
)


@pytest.mark.parametrize("cycle", CYCLES)
def test_init_may_be_a_step(cycle: str) -> None:
    """Also where its number stands before it, and what follows in the cycle behind it."""
    text = """network net(xavier = zero, uniform = 4)
input image : uniform x 8 x 8
levels l in 1..1 : resolution
spaces u[l] : uniform channels
let kaiming = 3
operators {{ A, B : u[1] -> u[1]  conv kaiming x kaiming init xavier }}
step init {{ u[l] = A(u[l]) }}
start {{ u[1] = image }}
cycle over l : {cycle}
output y = B(u[1])
"""
    made = reset(compile_source(Source("net", text.format(cycle=cycle))).python)
    assert made == "for module in (self.A, self.B):\n    nn.init.zeros_(module.weight)"


def test_mgno_starts_as_its_authors_code() -> None:
    """All its layers are PyTorch's, which nothing there starts anew."""
    assert "reset_parameters" not in compile_file("mgno").python
