"""What people do next with a compiled module works as with any other of PyTorch."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

import mgiad_dsl
from mgiad_dsl import compile_file

# A net with a cycle over channels, and a textbook V cycle; image sizes are as declared.
SMALL = {
    "digits": ({}, (1, 8, 8)),
    "mgiad": ({"width": 0.25, "c_K": 8, "g_s": 4, "size": 16, "classes": 5}, (3, 16, 16)),
    "unet_mg": ({"base": 4, "L": 3, "size": 16}, (3, 16, 16)),
    "poisson_learned": ({"L": 4}, (1, 15, 15)),
}


@pytest.fixture(params=["digits", "unet_mg", "poisson_learned"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def network(name: str) -> nn.Module:
    """In eval mode, with norm statistics that are not those of the start."""
    torch.manual_seed(0)
    net = mgiad_dsl.compile(name, **SMALL[name][0])
    for _ in range(3):
        net(torch.randn(8, *SMALL[name][1]))
    return net.eval()


@pytest.fixture
def images(name: str) -> torch.Tensor:
    return torch.randn(4, *SMALL[name][1], generator=torch.Generator().manual_seed(1))


def gradients(network: nn.Module, images: torch.Tensor) -> list[torch.Tensor | None]:
    network.zero_grad()
    network(images).square().mean().backward()
    return [p.grad for p in network.parameters()]


def close(one: torch.Tensor, other: torch.Tensor, tolerance: float = 1e-4) -> None:
    torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


# -- compiling and exporting ---------------------------------------------------------------


SLOW = pytest.mark.slow
WHOLE = [("digits", "eager"), ("unet_mg", "aot_eager"), ("poisson_learned", "aot_eager")]
WHOLE += [pytest.param("mgiad", "aot_eager", marks=SLOW)]


@pytest.mark.parametrize(("name", "backend"), WHOLE)
def test_torch_compile_takes_it_whole(network, images, backend: str) -> None:
    whole = torch.compile(network, backend=backend, fullgraph=True)
    close(whole(images), network(images))
    wanted = [None if g is None else g.clone() for g in gradients(network, images)]
    for got, want in zip(gradients(whole, images), wanted, strict=True):
        assert (got is None) == (want is None)
        if got is not None:
            close(got, want)


REGIONS = [("digits", "aot_eager"), ("poisson_learned", "aot_eager")]
REGIONS += [pytest.param("digits", "inductor", marks=SLOW)]


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # torch looks at it itself
@pytest.mark.parametrize(("name", "backend"), REGIONS)
def test_torch_compile_takes_it_by_regions(network, images, backend: str, monkeypatch) -> None:
    module = sys.modules[type(network).__module__]
    wanted = network(images)
    assert module.REGIONS
    for region in module.REGIONS:
        compiled = torch.compile(region, backend=backend, fullgraph=True, dynamic=False)
        monkeypatch.setattr(module, region.__name__, compiled)
    with torch._dynamo.config.patch(cache_size_limit=64):
        close(network(images), wanted)
        gradients(network, images)


def test_torch_export_with_a_free_batch_size(network, images) -> None:
    batch = torch.export.Dim("batch", min=2, max=64)
    exported = torch.export.export(network, (images,), dynamic_shapes=({0: batch},))
    assert exported.state_dict.keys() == network.state_dict().keys()
    for some in (images, images[:3]):
        close(exported.module()(some), network(some))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", ["digits"])  # test_export.py has the others
def test_onnx(network, images, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    path = str(tmp_path / "net.onnx")
    torch.onnx.export(network, (images,), path, dynamo=True, verbose=False)
    session = runtime.InferenceSession(path)
    (made,) = session.run(None, {session.get_inputs()[0].name: images.numpy()})
    close(torch.from_numpy(made), network(images).detach())


# -- copying and saving --------------------------------------------------------------------


def test_a_deep_copy_is_equal_and_apart(network, images) -> None:
    twin = copy.deepcopy(network)
    wanted = network(images)
    assert torch.equal(twin(images), wanted)
    with torch.no_grad():
        for p in twin.parameters():
            p.add_(1)
    assert torch.equal(network(images), wanted)


def test_the_state_goes_into_a_fresh_module(name, network, images) -> None:
    fresh = mgiad_dsl.compile(name, **SMALL[name][0]).eval()
    assert not torch.equal(fresh(images), network(images)) or name == "poisson_learned"
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    fresh.load_state_dict(torch.load(file, weights_only=True), strict=True)
    assert torch.equal(fresh(images), network(images))


def test_safetensors(name, network, images, tmp_path: Path) -> None:
    """Nothing is an alias of something else, so that even `save_file` takes the state."""
    safetensors = pytest.importorskip("safetensors.torch")
    path = str(tmp_path / "net.safetensors")
    for save in (
        lambda: safetensors.save_model(network, path),
        lambda: safetensors.save_file(network.state_dict(), path),
    ):
        save()
        fresh = mgiad_dsl.compile(name, **SMALL[name][0]).eval()
        assert safetensors.load_model(fresh, path) == (set(), [])
        assert torch.equal(fresh(images), network(images))


def test_a_pickle_in_this_process(network, images) -> None:
    twin = pickle.loads(pickle.dumps(network))
    assert torch.equal(twin(images), network(images))


@pytest.mark.parametrize("name", ["digits", "poisson_learned"])
def test_a_pickle_in_another_process_needs_the_emitted_file(name, tmp_path: Path) -> None:
    """A pickle holds the name of its module: the emitted file, imported like any other."""
    compiled = compile_file(name, **SMALL[name][0])
    (tmp_path / "net.py").write_text(compiled.python)
    make = """
import sys, torch, net
torch.manual_seed(0)
model = [v for v in vars(net).values() if getattr(v, "__module__", "") == "net"][-1]().eval()
images = torch.randn(2, *map(int, sys.argv[1:]))
torch.save((model, images, model(images)), "model.pt")
"""
    use = """
import torch
model, images, wanted = torch.load("model.pt", weights_only=False)
assert torch.equal(model(images), wanted)
"""
    shape = [str(n) for n in SMALL[name][1]]
    for code, arguments in ((make, shape), (use, [])):
        command = [sys.executable, "-c", code, *arguments]
        subprocess.run(command, cwd=tmp_path, check=True)


# -- numbers and layouts -------------------------------------------------------------------


def test_bfloat16(network, images) -> None:
    half = copy.deepcopy(network).to(torch.bfloat16)
    made = half(images.to(torch.bfloat16))
    assert made.dtype == torch.bfloat16
    wanted = network(images)
    assert (made.float() - wanted).norm() <= 0.1 * wanted.norm()


def test_channels_last(network, images) -> None:
    wanted = network(images)
    last = copy.deepcopy(network).to(memory_format=torch.channels_last)
    made = last(images.to(memory_format=torch.channels_last))
    close(made, wanted)


# -- functions of the weights --------------------------------------------------------------


def test_functional_call(network, images) -> None:
    zeros = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    assert functional_call(network, zeros, images).abs().max() == 0
    own = dict(network.named_parameters())
    assert torch.equal(functional_call(network, own, images), network(images))


def test_an_ensemble_in_one_call(network, images) -> None:
    """Stacked weights under vmap are the networks one by one."""
    members = [copy.deepcopy(network) for _ in range(3)]
    with torch.no_grad():
        for scale, member in enumerate(members):
            for p in member.parameters():
                p.mul_(1 + scale / 10)
    state = stack_module_state(members)
    together = vmap(lambda s: functional_call(network, s, images))(state)
    for made, member in zip(together, members, strict=True):
        close(made, member(images))


def test_replicas_on_halves_of_a_batch(network, images) -> None:
    """Data parallel training by hand: the mean of the replicas' gradients is the whole's."""
    replicas = [copy.deepcopy(network) for _ in range(2)]
    halves = zip(replicas, images.chunk(2), strict=True)
    parts = zip(*(gradients(replica, half) for replica, half in halves), strict=True)
    for (one, other), whole in zip(parts, gradients(network, images), strict=True):
        assert (one is None) == (whole is None)
        if whole is not None:
            close((one + other) / 2, whole)


# -- when it goes wrong --------------------------------------------------------------------


def test_a_traceback_shows_the_emitted_lines(name, network) -> None:
    channels = SMALL[name][1][0] + 1
    with pytest.raises(RuntimeError) as raised:
        network(torch.zeros(1, channels, 3, 3))
    shown = "".join(traceback.format_exception(raised.value))
    source = compile_file(name, **SMALL[name][0]).python
    emitted = [f for f in traceback.extract_tb(raised.tb) if f.filename.startswith(f"<{name} ")]
    assert emitted
    for frame in emitted:
        line = source.splitlines()[frame.lineno - 1].strip()
        assert line == frame.line
        assert line in shown
