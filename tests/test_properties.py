"""Random valid specs: counted right, built as counted, and emitted as clean source."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy, sampled_from
from torch import nn
from torch.overrides import TorchFunctionMode

from mgiad_dsl import Compiled, Source, compile_source
from mgiad_dsl.outline.names import attribute
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.runtime import load
from tests.random_specs import AWKWARD_NAMES, Plan, counts, plans, text

BATCH = 2
BOUNDED = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
levels: SearchStrategy[Level] = sampled_from(LEVELS)


def compiled(plan: Plan, level: Level = 1) -> Compiled:
    return compile_source(Source("drawn.mgspec", text(plan)), level=level)


@BOUNDED
@given(plans(), levels)
def test_a_network_is_what_was_counted(plan: Plan, level: Level) -> None:
    compiled_ = compiled(plan, level)
    counted = compiled_.count
    network = load(compiled_.python, "drawn")
    assert (counted.weights, counted.buffers) == counts(plan)
    assert counted.weights == sum(p.numel() for p in network.parameters())
    assert counted.buffers == sum(b.numel() for b in network.buffers())
    uses = Uses()
    with uses:
        outputs = forward(compiled_, network)
    check_sharing(compiled_, network, uses.of)
    if counted.dead < counted.weights:
        sum(value.square().mean() for value in outputs).backward()
    check_gradients(compiled_, network)


@settings(BOUNDED, max_examples=30)
@given(plans(AWKWARD_NAMES), levels)
def test_names_that_mean_something_else(plan: Plan, level: Level) -> None:
    compiled_ = compiled(plan, level)
    network = load(compiled_.python, "drawn")
    assert counts(plan)[0] == sum(p.numel() for p in network.parameters())
    with Uses() as uses:
        forward(compiled_, network)
    check_sharing(compiled_, network, uses.of)


def forward(compiled_: Compiled, network: nn.Module) -> list[torch.Tensor]:
    """The outputs for an image of the declared size, which have the declared sizes."""
    graph = compiled_.written
    shape = next(iter(graph.operations.values())).shape
    made = network(torch.randn(BATCH, *shape))
    outputs = made if isinstance(made, dict) else dict.fromkeys(graph.outputs, made)
    assert list(outputs) == list(graph.outputs)
    for name, node in graph.outputs.items():
        assert outputs[name].shape == (BATCH, *graph.operations[node].shape)
    return list(outputs.values())


class Uses(TorchFunctionMode):
    """Counts how often each parameter goes into an operation, by identity."""

    def __init__(self) -> None:
        super().__init__()
        self.of: Counter[int] = Counter()

    def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = function(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            given_ = [*args, *(kwargs or {}).values()]
            self.of.update(id(value) for value in given_ if isinstance(value, nn.Parameter))
        return result


def parameters(network: nn.Module, name: str) -> list[nn.Parameter]:
    """The parameters of the sharing group ``A.2``."""
    family, _, key = name.partition(".")
    prefix = ".".join(filter(None, (attribute(family), key)))
    found = network.named_parameters(remove_duplicate=False)
    return [p for full, p in found if full == prefix or full.startswith(f"{prefix}.")]


def check_sharing(compiled_: Compiled, network: nn.Module, uses: Counter[int]) -> None:
    """Every use of a sharing group is a use of one and the same tensor."""
    live = compiled_.network.live()
    owners = Counter(id(p) for _, p in network.named_parameters(remove_duplicate=False))
    assert set(owners.values()) <= {1}
    for group in compiled_.count.groups:
        found = parameters(network, group.name)
        assert sum(p.numel() for p in found) == group.weights
        running = sum(user in live for user in compiled_.network.groups[group.name].users)
        assert running <= group.uses
        assert compiled_.level or running == group.uses
        assert [uses[id(p)] for p in found] == [running] * len(found), group.name


def check_gradients(compiled_: Compiled, network: nn.Module) -> None:
    """Gradients reach what is used and nothing that is dead, or left without a use."""
    runs = compiled_.network.live()
    for group in compiled_.count.groups:
        used = any(user in runs for user in compiled_.network.groups[group.name].users)
        reached = {p.grad is not None for p in parameters(network, group.name)}
        assert reached <= {used and not group.dead}, group.name


# -- the emitted files ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Emitted files of random specs; each is emitted twice, from its tree anew."""
    path = tmp_path_factory.mktemp("emitted")

    @settings(BOUNDED, max_examples=15, phases=[Phase.generate])
    @given(plans(), plans(AWKWARD_NAMES), levels)
    def emit(plan: Plan, awkward: Plan, level: Level) -> None:
        for each in (plan, awkward):
            made, again = compiled(each, level), compiled(each, level)
            assert made.python == again.python
            assert made.for_inference().python == again.for_inference().python
            for network in (made, made.for_inference()):
                (path / f"net{len(list(path.iterdir()))}.py").write_text(network.python)

    emit()
    return path


def test_emitted_files_are_formatted_and_clean(folder: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "100", "--no-cache", str(folder)]
    rules = "E,F,W,I,UP,B,SIM,RUF,C4,RET,PIE"  # this project's, but for those of names
    check = ["check", "--select", rules, "--ignore", "E741"]  # a level may be called l
    for command in (["format", "--diff"], check):
        done = subprocess.run([*ruff, *command, *options], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-4000:]


IMPORT_ALL = """
import importlib.util, pathlib, sys
sys.modules["mgiad_dsl"] = None  # importing it fails
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kinds = [v for v in vars(module).values() if getattr(v, "__module__", "") == path.stem]
    kinds[-1]()
"""


def test_emitted_files_need_only_torch(folder: Path, tmp_path: Path) -> None:
    """In a process that cannot import mgiad_dsl."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, str(folder)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@settings(BOUNDED, max_examples=5)
@given(plans())
def test_two_builds_with_one_seed_are_equal(plan: Plan) -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(0)
        states.append(load(compiled(plan).python, "drawn").state_dict())
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
