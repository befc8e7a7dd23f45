"""Names that mean something else to Python, torch or the emitted file change nothing but names."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from mgiad_dsl import Source, SpecError, compile_source
from mgiad_dsl.cli import main
from mgiad_dsl.outline.names import attribute, safe
from mgiad_dsl.rewrite import Level
from mgiad_dsl.runtime import load
from tests.hostile import NAMES, PLACES, rotation, spec

ROOT = Path(__file__).parent.parent


def built(
    names: dict[str, str], level: Level = 1, settings: dict[str, object] | None = None
) -> nn.Module:
    text = Source("net.mgspec", spec(names))
    return load(compile_source(text, settings=settings, level=level).python).double()


@pytest.fixture(scope="module")
def plain() -> nn.Module:
    torch.manual_seed(0)
    return built({}, level=0)


def trained(network: nn.Module) -> list[Tensor]:
    """Its outputs before and after a step of training."""
    image = torch.randn(3, 2, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    before = list(network(image).values())
    sum(value.square().mean() for value in before).backward()
    torch.optim.SGD(network.parameters(), lr=0.01).step()
    return [*before, *network(image).values()]


def assert_same(names: dict[str, str], plain: nn.Module, level: Level = 1) -> None:
    """A network whose places have other names computes and learns the same."""
    network = built(names, level)
    values = plain.state_dict().values()
    for mine, given in zip(network.state_dict().values(), values, strict=True):
        mine.copy_(given)
    wanted, got = trained(copy.deepcopy(plain)), trained(network)
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)
    assert not torch.equal(got[0], got[2])  # it learned


@pytest.mark.parametrize("number", range(len(NAMES)), ids=lambda number: NAMES[number])
def test_every_name_in_every_place(number: int, plain: nn.Module) -> None:
    assert_same(rotation(number), plain, level=1 if number % 2 else 0)


@pytest.mark.parametrize(
    "names",
    [
        {"theta": "__a", "T": "x__a_"},
        {"theta": "_x", "T": "_x_"},
        {"theta": "type", "T": "type_", "W": "type__"},
        {"theta": "lambda", "T": "lambda_"},
        {"theta": "requires_grad_", "T": "requires_grad", "W": "requires_grad__"},
        {"image": "__a", "g": "x__a_", "r": "_a"},
        {"u": "F", "f": "F_", "g": "F__"},
        {"net": "u", "u": "net"},
        {"relax": "Net", "sweep": "net_"},
        {"relax": "v_cycle_k2", "sweep": "coarsen_k"},
        {"u": "T_r", "f": "A_u", "r": "u0", "g": "u1_0"},
        {"norm": "each", "r": "norm"},
        {"A": "s_1", "s": "A_1"},
        {"l": "k0_pre", "k": "l1_pre"},
        {"image": "logits", "logits": "image"},
        {"A": "ModuleDict", "norm": "ModuleList", "s": "ParameterDict"},
    ],
    ids=str,
)
def test_names_that_are_near_to_others(names: dict[str, str], plain: nn.Module) -> None:
    assert_same(names, plain)


def test_different_names_stay_different() -> None:
    names = {a + b * "_" for a in ("a", "_a", "__a", "x__a", "xx__a", "x_a", "_") for b in range(4)}
    names |= {a + b * "_" for a in ("type", "lambda", "F", "requires_grad") for b in range(4)}
    for legal in (safe, attribute):
        assert len({legal(name) for name in names}) == len(names)


def test_no_operator_hides_what_a_module_has() -> None:
    names = dir(nn.Module())
    assert not {attribute(name + "_" * more) for name in names for more in range(3)} & set(names)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("_1", "Network1"), ("__", "Network"), ("f", "FNetwork"), ("tensor", "TensorNetwork"),
        ("stencil2d", "Stencil2dNetwork"), ("channel_norm", "ChannelNormNetwork"),
        ("drop_path", "DropPathNetwork"),
        ("none", "NoneNetwork"),
        ("true", None), ("callable", "CallableNetwork"), ("__debug__", "Debug"), ("self", "Self"),
    ],
)  # fmt: skip
def test_the_class_of_a_network(name: str, made: str | None, plain: nn.Module) -> None:
    if made is None:
        with pytest.raises(SpecError, match=f"`{name}` is a word of the language"):
            built({"net": name})
    else:
        assert type(built({"net": name})).__name__ == made


# -- inputs and outputs ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["image", "self", "torch", "__debug__", "F", "None", "forward"])
def test_an_output_that_is_an_input(name: str) -> None:
    text = f"network net\ninput {name} : 3 x 4 x 4\noutput {name} = {name}\n"
    network = load(compile_source(Source("net", text)).python)
    image = torch.randn(2, 3, 4, 4)
    assert network(image) is image


def test_outputs_that_are_each_others_inputs() -> None:
    text = (
        "network net\ninput self : 3 x 4 x 4\ninput torch : 3 x 4 x 4\n"
        "output torch = self\noutput self = -torch\noutput __class__ = relu(self)\n"
    )
    network = load(compile_source(Source("net", text)).python)
    one, two = torch.randn(2, 2, 3, 4, 4)
    made = network(one, two)
    assert list(made) == ["torch", "self", "__class__"]
    assert torch.equal(made["torch"], one)
    assert torch.equal(made["self"], -two)
    assert torch.equal(made["__class__"], one.relu())


# -- settings and files ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["self", "spec", "settings", "level", "__debug__", "lambda", "_1"])
def test_settings_by_name(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wide = built({"width": name}, settings={name: 8})
    assert wide.theta.out_channels == 16
    path = tmp_path / "net.mgspec"
    path.write_text(spec({"width": name}))
    assert main(["compile", str(path), "--set", f"{name}=8"]) == 0
    assert f"{name} = 8, kind = V" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ['a"""b', "a\\", "\\N{x}", "a\nb", '"', "\0", "\udcff", "\u202e", "é"], ids=ascii
)
def test_a_file_of_any_name(name: str) -> None:
    source = compile_source(Source(f"{name}.mgspec", spec())).python
    assert isinstance(load(source), nn.Module)
    (line,) = (line for line in source.splitlines() if line.startswith("Written by"))
    assert line.isprintable()


# -- names that are refused --------------------------------------------------------------------


@pytest.mark.parametrize("place", ["u", "theta", "image", "width", "l", "relax", "r", "logits"])
@pytest.mark.parametrize("word", ["input", "output", "relu", "floor", "smooth", "channels"])
def test_words_of_the_language_are_refused_with_the_word(word: str, place: str) -> None:
    """An output is called by nobody: it may be called as a function is."""
    if place == "logits" and word in ("relu", "floor"):
        assert built({place: word})
        return
    with pytest.raises(SpecError) as caught:
        built({place: word})
    assert f"`{word}`" in caught.value.message
    assert caught.value.span is not None
    assert caught.value.span.text.startswith(word)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_name_is_refused(place: str) -> None:
    for text in ("1a", "a-b", "a.b", "ä", "a b", "'a'", "a\\"):
        with pytest.raises(SpecError):
            built({place: text})


# -- without asserts ---------------------------------------------------------------------------

OPTIMISED = """
import torch
from tests.hostile import rotation, spec
from mgiad_dsl import Source, compile_source
from mgiad_dsl.runtime import load
assert False, "asserts are on"
for number in range(0, 90, 15):
    text = spec(rotation(number))
    torch.manual_seed(0)
    network = load(compile_source(Source("net", text)).python).double()
    made = network(torch.ones(2, 2, 8, 8).double())
    sum(value.sum() for value in made.values()).backward()
    print([round(value.square().mean().item(), 9) for value in made.values()])
"""


@pytest.mark.parametrize("switch", ["-O", "-OO"])
def test_a_python_that_skips_asserts(switch: str) -> None:
    command = [sys.executable, switch, "-W", "error", "-c", OPTIMISED]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    torch.manual_seed(0)
    made = built({})(torch.ones(2, 2, 8, 8).double())
    assert lines == [str([round(v.square().mean().item(), 9) for v in made.values()])] * 6
