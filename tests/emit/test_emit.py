"""The emitted source: what it says, how it looks, what its names are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mgiad_dsl import compile_file, compile_source
from mgiad_dsl.base.source import Source
from mgiad_dsl.language.words import ACTIVATIONS
from mgiad_dsl.outline.names import MODULE_ATTRIBUTES
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.runtime import load
from tests.counting.test_count import every_network

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["mgnet", "mgiad:w3", "poisson:f", "unet_mg", "mgnet_chebyshev"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name.replace(':', '_')}.py.txt", compile_file(name).python)


def test_every_source_is_formatted_and_clean(tmp_path: Path) -> None:
    for name in every_network():
        compiled, file = compile_file(name), name.replace(":", "__")
        (tmp_path / f"{file}.py").write_text(compiled.python)
        (tmp_path / f"{file}__inference.py").write_text(compiled.for_inference().python)
    rules = "E,F,W,I,UP,B,SIM,RUF,C4,RET,PIE"
    for command in (["format", "--check"], ["check", "--select", rules, "--ignore", "E741"]):
        options = ["--isolated", "--line-length", "100", "--no-cache"]
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_emitting_is_deterministic_across_processes() -> None:
    code = "import mgiad_dsl; print(mgiad_dsl.compile_file('mgiad:w3').python, end='')"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "", "HOME": "/nonexistent"},
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {compile_file("mgiad:w3").python}


def test_the_file_needs_only_torch(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(compile_file("mgiad").python)
    code = (
        "import sys; import net, torch; n = net.Mgiad(); "
        "print(sum(p.numel() for p in n.parameters())); "
        "assert not any(m.startswith('mgiad_dsl') for m in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert run.stdout.strip() == "1383844"


def test_the_docstring_says_name_parameters_and_count() -> None:
    text = compile_file("mgiad", width="3").python
    doc = text.split('"""')[1]
    assert "mgiad" in doc
    assert "width = 3" in doc
    assert "4,821,796 weights" in doc


def test_one_step_is_written_once_and_called_with_its_operators() -> None:
    text = compile_file("mgiad:w3").python
    assert text.count("def relax(") == 1
    assert "A: nn.Module, B: nn.Module, norm: nn.ModuleList, A_u: Tensor | None = None" in text
    assert "return u + F.relu(norm[1](B(F.relu(norm[0](f - A_u)))))" in text
    assert "u[l,k] + relu(norm(B[l,k](relu(norm(f[l,k] - A[l,k](u[l,k]))))))" in text
    methods = re.findall(r"def (\w+_cycle\w*)", text)
    assert methods == ["v_cycle_k1", "v_cycle_k"]  # at l = 1, from zero; at all others


def test_a_demanding_reader_has_little_to_read() -> None:
    for name, most in (("mgnet", 110), ("mgiad", 170)):
        lines = compile_file(name).python.splitlines()
        assert len(lines) < most
        assert max(map(len, lines)) <= 100


def test_names_in_the_state_dict_come_from_the_spec() -> None:
    names = set(load(compile_file("mgnet:A").python).state_dict())
    assert {"theta.weight", "A.2.weight", "B.3_1.weight", "B.3_2.weight", "W.bias"} <= names
    assert "norm.l2_pre.0.1.weight" in names
    assert "R0.weight" in names, "dead weights are declared weights"


def test_names_do_not_change_when_unrelated_lines_do() -> None:
    text = (ROOT / "specs" / "mgnet.mgspec").read_text()
    before = set(load(compile_source(Source("a", text)).python).state_dict())
    more = text.replace(
        "operators {", "operators {\n    Q[l] : u[l] -> f[l] conv 1x1   norm2[*] : batchnorm\n"
    )
    more = more.replace(
        "        f[l+1] = R[l+1]", "        let extra = norm2(Q[l](u[l]))\n        f[l+1] = R[l+1]"
    )
    assert more.count("extra") == 1
    after = set(load(compile_source(Source("a", more), settings={"steps": 3}).python).state_dict())
    assert before < after


def test_every_attribute_of_modules_is_kept_free() -> None:
    public = {name for name in dir(nn.Module) if not name.startswith("_")}
    assert public <= MODULE_ATTRIBUTES


def test_operators_with_awkward_names() -> None:
    text = """
    network awkward()
    input self : 2 x 4 x 4
    spaces torch, F : 2 channels
    operators { forward, lambda, nn : self -> torch conv 1x1
                train[*] : batchnorm   pick : torch -> F conv 1x1 }
    start { torch = train(forward(self)) + lambda(self) + nn(self)   F = pick(torch) }
    output return = relu(F)
    """
    compiled = compile_source(Source("awkward", text))
    network = load(compiled.python)
    assert sum(p.numel() for p in network.parameters()) == compiled.count.weights == 20
    assert network(torch.zeros(1, 2, 4, 4)).shape == (1, 2, 4, 4)


def test_several_outputs_make_a_dict() -> None:
    text = """
    network two()
    input x : 3 x 8 x 8
    spaces u : 4 channels
    operators { A : x -> u conv 3x3   W : u -> 5 linear }
    start { u = A(x) }
    output scores = W(avgpool(u))
    output map = u
    """
    network = load(compile_source(Source("two", text)).python)
    made = network(torch.zeros(2, 3, 8, 8))
    assert {name: tuple(value.shape) for name, value in made.items()} == {
        "scores": (2, 5),
        "map": (2, 4, 8, 8),
    }


def test_an_overwritten_value_kept_under_another_name() -> None:
    """`old` still holds what `u` was before the step: variables must not be confused."""
    text = """
    network memory()
    input x : 1 x 2 x 2
    levels l in 1..1 : resolution
    spaces u[l] = old[l] : 1 channels
    start { u[1] = x   old[1] = 0 }
    cycle over l : backslash {
        smooth 3 {
            let new = 2 * u[l] + old[l]
            old[l] = u[l]
            u[l] = new
        }
        coarsen { }
    }
    output y = u[1] - 10 * old[1]
    """
    network = load(compile_source(Source("memory", text)).python)
    # u: 1, 2, 5, 12 and old: 0, 1, 2, 5
    assert network(torch.ones(1, 1, 2, 2)).flatten().tolist() == [12 - 50] * 4


def test_arithmetic_keeps_its_precedence() -> None:
    text = """
    network sums()
    input x : 1 x 1 x 1
    spaces u : 1 channels
    operators { a : scalar 3   b : scalar 5 }
    start { u = x }
    output y = (u - (u - 2 * u)) / (a - (b - a)) * 2^2 - -u / (2 / a / b) + (-a)^2 * u - -a^2 * u
    """
    network = load(compile_source(Source("sums", text)).python)
    wanted = (1 - (1 - 2)) / (3 - (5 - 3)) * 4 + 1 / (2 / 3 / 5) + 9 + 9
    assert network(torch.ones(1, 1, 1, 1)).item() == pytest.approx(wanted)


@pytest.mark.parametrize("level", LEVELS)
def test_what_no_output_needs_is_not_written(level: Level) -> None:
    text = (
        "network n input x : 1 x 4 x 4 spaces u : 1 channels "
        "start { u = relu(x)  let z = tanh(u) } output y = u"
    )
    source = compile_source(Source("n", text), level=level).python
    assert ("relu" in source, "tanh" in source) == (True, False)


def test_the_sign_of_a_sign_has_parentheses() -> None:
    text = "network n input x : 1 x 4 x 4 output y = -(-x) output z = -(-(-2 * x))"
    made = compile_source(Source("n", text), level=0).python
    assert "y = -(-x)\n" in made
    assert "z = -(-(-2 * x))\n" in made


def test_initialisation_is_kaiming_and_follows_the_seed() -> None:
    source = compile_file("mgnet").python
    torch.manual_seed(3)
    one = load(source)
    torch.manual_seed(3)
    two = load(source)
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), two.parameters(), strict=True))
    weight = one.A["4"].weight
    assert weight.std().item() == pytest.approx((2 / (256 * 9)) ** 0.5, rel=0.01)
    norms = [m for m in one.modules() if isinstance(m, nn.BatchNorm2d)]
    assert all((m.weight == 1).all() and (m.bias == 0).all() for m in norms)


def test_names_of_the_spec_that_clash_in_python() -> None:
    """A let as a variable of a space (u1), as a part (A_coarse), as a function (coarsen_2)."""
    text = """
    network clash()
    input v_cycle : 1 x 4 x 4
    levels l in 1..1 : resolution
    spaces u[l] = u_coarse[l] = t1[l] = first[l] : 1 channels
    operators { A[l], norm_a[l] : u[l] -> u[l] conv 1x1   norm[*] : batchnorm }
    start {
        first[1] = v_cycle
        let u1 = relu(A[1](first[1]))
        u[1] = norm(u1) + u1
        u_coarse[1] = u1
        t1[1] = u[1]
    }
    cycle over l : backslash {
        smooth 2 {
            let A_coarse = norm(A[l](u[l])) + norm(norm_a[l](u_coarse[l]))
            u[l] = u[l] + A_coarse + t1[l]
            t1[l] = 2 * u_coarse[l]
        }
        coarsen { }
    }
    output coarsen_2 = u[1] + t1[1]
    """
    compiled = compile_source(Source("clash", text))
    network = load(compiled.python).eval()
    with torch.no_grad():
        for family in (network.A, network.norm_a):
            family["1"].weight.fill_(1.0)
    # Norms keep values in eval mode, but for eps. u1 = 1, u = 2, u_coarse = 1, t1 = 2;
    # then u = 2 + (2 + 1) + 2 = 7, t1 = 2; then u = 7 + (7 + 1) + 2 = 17, t1 = 2.
    made = network(torch.ones(1, 1, 4, 4))
    assert made.flatten()[0].item() == pytest.approx(19, rel=1e-3)


def test_lines_that_only_just_do_not_fit() -> None:
    """An assignment may fit where the `return` of the same value does not."""
    for length in range(10, 40):
        text = f"""
        network n()
        input x : 4 x 8 x 8
        levels l in 1..1 : resolution
        spaces u[l] : 4 channels
        operators {{ {"A" * length} : u[1] -> u[1] conv 3x3 }}
        step relax {{ u[l] = avgpool(maxpool({"A" * length}(u[l]), 3x3 stride 1), 3x3 stride 1) }}
        start {{ u[1] = x }}
        cycle over l : backslash {{ smooth 2 relax coarsen {{ u[l] = u[l] }} }}
        output y = u[1]
        """
        source = compile_source(Source("n", text)).python
        assert max(map(len, source.splitlines())) <= 100


def test_helper_classes_stand_apart() -> None:
    text = """
    network n()
    input x : 4 x 8 x 8
    levels l in 1..1 : resolution
    spaces u[l] : 4 channels
    operators { S : u[1] -> u[1] stencil [[1,2,1]] fixed   norm[*] : layernorm }
    start { u[1] = x   u[1] = norm(S(u[1])) }
    output y = u[1]
    """
    source = compile_source(Source("n", text)).python
    assert "\n\n\nclass Stencil2d(" in source
    assert "\n\n\nclass ChannelNorm(" in source


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_those_of_torch(name: str) -> None:
    """By its own name, and as the value of a parameter."""
    text = "network n(act = relu) input x : 4 x 8 x 8 output y = {} output z = act(x)"
    source = Source("n", text.format(f"{name}(x)"))
    network = load(compile_source(source, settings={"act": name}).python)
    x = torch.linspace(-3, 3, 256).reshape(1, 4, 8, 8)
    theirs = nn.Identity() if name == "identity" else getattr(F, name, None) or getattr(torch, name)
    for value in network(x).values():
        assert torch.equal(value, theirs(x))


def test_families_have_names_of_their_own_where_that_saves_lines() -> None:
    """But not if something else is called so."""
    long = "a_family_with_a_long_name"
    text = f"""network families
    input x : 4 x 8 x 8
    levels l in 1..3 : resolution
    spaces u[l] : 4 channels
    operators {{ {long}[l], second[l], F[l] : u[l] -> u[l] conv 3x3
                R : u[l-1] -> u[l] conv 3x3 }}
    start {{ u[1] = x }}
    cycle over l : backslash {{
        smooth 2 {{ u[l] = u[l] + {long}[l](relu(second[l](relu(F[l](u[l]))))) }}
        coarsen {{ u[l+1] = R(relu({long}[l](u[l]))) + {long}[l+1](R(relu(u[l]))) }}
    }}
    output y = u[3]
    """
    source = compile_source(Source("families", text)).python
    assert f"{long}, second = self.{long}, self.second\n" in source
    assert 'self.F["3"]' in source
    assert "self.second[" not in source
    short = compile_source(Source("families", text.replace(long, "A"))).python
    assert 'self.A["3"]' in short


def test_parts_of_a_long_expression_are_computed_where_it_is() -> None:
    """What a step is not given, and nothing of it where it is."""
    name = "operator_with_a_name_that_is_long"
    applied = f"relu(outer_{name}(relu(inner_{name}(@))))"
    text = f"""network long
    input x : 4 x 8 x 8
    levels l in 1..3 : resolution
    spaces u[l], f[l] : 4 channels
    operators {{
        inner_{name} : u[l] -> u[l] conv 3x3   outer_{name} : u[l] -> f[l] conv 3x3
        R : u[l-1] -> u[l] conv 3x3   Q : f[l-1] -> f[l] conv 3x3   B : f[l] -> u[l] conv 3x3
    }}
    start {{ u[1] = x   f[1] = x }}
    cycle over l : backslash {{
        smooth 2 {{ u[l] = u[l] + B(f[l] - {applied.replace("@", "u[l]")}) }}
        coarsen {{ u[l+1] = R(u[l])   f[l+1] = Q(f[l]) + {applied.replace("@", "u[l+1]")} }}
    }}
    output y = u[3]
    """
    source = compile_source(Source("long", text)).python
    assert (
        f"""
    if t is None:
        t1 = F.relu(inner_{name}(u))
        t = F.relu(outer_{name}(t1))
    return u + B(f - t)
"""
        in source
    )


def test_a_part_of_a_long_expression_is_not_called_like_a_step() -> None:
    text = """network named
    input image : 4 x 8 x 8
    levels l in 1..2 : resolution
    spaces u[l] : 4 channels
    operators { a_long_name_of_an_operator[i] : u[l] -> u[l] conv 3x3
                R : u[l] -> u[l+1] conv 3x3 }
    step t1 { u[l] = u[l] + relu(a_long_name_of_an_operator[1](u[l])) }
    start { u[1] = image }
    cycle over l : backslash { smooth 2 t1   coarsen { u[l+1] = R(
        relu(a_long_name_of_an_operator[1](relu(a_long_name_of_an_operator[2](u[l]))))
        * relu(a_long_name_of_an_operator[3](relu(a_long_name_of_an_operator[4](u[l]))))) } }
    output y = u[2]
    """
    source = compile_source(Source("named", text)).python
    assert "t1(" in source
    assert "t2 = " in source
    assert load(source)(torch.ones(2, 4, 8, 8)).shape == (2, 4, 8, 8)
