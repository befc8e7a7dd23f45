"""Exported networks: they compute what the module does, and are called as the spec says."""

from __future__ import annotations

import io
import logging
import sys

import pytest
import torch
from torch import Tensor

from mgiad_dsl import Compiled, Source, SpecError, compile_source
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.rewrite import Level
from mgiad_dsl.runtime import load, new_weights, to_onnx, to_pt2, weights_for
from tests.zoo import small

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

# All kinds of operations, two inputs; names that exporters use themselves, or Python does.
MANY = """network many
input x : 4 x 9 x 7
input torch : 4 x 9 x 7
spaces u : 4 channels
spaces w : 4 channels, size 5 x 4
operators {
    A : u -> u conv 3x3           G : u -> u conv 3x3 group_size 2 bias
    R : u -> w conv 3x3 stride 2  P : w -> u conv 3x3 stride 2 transposed
    T : u -> u stencil [[1,2,1]] / 4 fixed
    bn[*] : batchnorm  gn : groupnorm group_size 2  ln : layernorm
    s : scalar 3/2     L : u -> 3 linear
    act[*] : prelu     drop : dropout 1/2     path : droppath 1/2
}
start { u = torch  u = bn(A(u)) + T(u) }
output conv2d   = G(u)
output conv2d_1 = u
output add      = gn(u) - ln(u) / 3 + gelu(u) + silu(u) * s + tanh(u) - sigmoid(u)
output relu     = bn(P(leaky_relu(bn(R(u)))))
output val_0    = maxpool(x, 3x3 stride 2)
output up       = upsample(avgpool(x, 2x2), 2, bilinear)
output L_       = act(L(drop(avgpool(u))))
output kept     = path(act(u)) + drop(u)
output number   = s^2
output plain    = s
"""


def compiled(name: str, level: Level) -> Compiled:
    if name == "many":
        return compile_source(Source("many", MANY), level=level)
    tree, variant = read(name)
    return compile_tree(tree, variant, small(name), level)


def weights(made: Compiled) -> dict[str, Tensor]:
    """New ones, with norms whose scales, shifts and statistics are none like another."""
    found = new_weights(made)
    for value in found.values():
        if value.is_floating_point() and value.ndim <= 1:
            value.copy_((value + 0.1) * torch.empty_like(value).uniform_(0.5, 1.5))
    return found


def from_onnx(content: bytes, made: Compiled, images: list[Tensor]) -> dict[str, Tensor]:
    """What an ONNX file computes, given and asked for by the names of the spec."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(content)
    assert [each.name for each in session.get_inputs()] == list(made.network.inputs)
    assert [each.name for each in session.get_outputs()] == list(made.network.outputs)
    given = dict(zip(made.network.inputs, (image.numpy() for image in images), strict=True))
    found = session.run(list(made.network.outputs), given)
    return dict(zip(made.network.outputs, map(torch.from_numpy, found), strict=True))


def from_pt2(content: bytes, made: Compiled, images: list[Tensor]) -> dict[str, Tensor]:
    network = torch.export.load(io.BytesIO(content)).module()
    return named(network(*images), made)


def named(outputs: Tensor | dict[str, Tensor], made: Compiled) -> dict[str, Tensor]:
    return outputs if isinstance(outputs, dict) else dict.fromkeys(made.network.outputs, outputs)


# Each kind of operation in both ways; whole networks, those with norms for inference.
@pytest.mark.parametrize(
    ("name", "level", "inference"),
    [
        ("many", 1, False),
        ("many", 1, True),
        ("digits", 1, False),
        ("unet_mg", 0, True),
        ("mgnet_grouped", 2, True),
        ("poisson_learned", 2, False),
    ],
)
@torch.no_grad()
def test_it_computes_what_the_module_does(name: str, level: Level, inference: bool) -> None:
    pytest.importorskip("onnxscript")
    network = compiled(name, level)
    made = network.for_inference() if inference else network
    given = weights(network)
    trained = load(network.python).eval()
    trained.load_state_dict(given)
    module = load(made.python)
    module.load_state_dict(weights_for(made, given))
    onnx, pt2 = to_onnx(module, made.network), to_pt2(module, made.network)
    shapes = [made.network.operations[value].shape for value in made.network.inputs.values()]
    for batch in (1, 5):
        images = [torch.randn(batch, *shape) for shape in shapes]
        wanted = named(trained(*images), network)
        for found in (from_onnx(onnx, made, images), from_pt2(pt2, made, images)):
            assert found.keys() == wanted.keys()
            for key, value in wanted.items():
                size = float(value.abs().max())
                torch.testing.assert_close(found[key], value, rtol=0, atol=1e-5 * size)


def test_the_batch_is_called_so_and_no_trace_of_this_machine_is_left() -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    made = compiled("digits", 1)
    content = to_onnx(load(made.python), made.network)
    graph = onnx.load_from_string(content).graph
    axes = [each.type.tensor_type.shape.dim[0].dim_param for each in (*graph.input, *graph.output)]
    assert axes == ["batch", "batch"]
    for word in (b"stack_trace", b"mgiad_dsl", b"forward"):
        assert word not in content


@pytest.mark.filterwarnings("error")
def test_exporters_are_quiet(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("onnxscript")
    made = compiled("many", 1)
    for export in (to_onnx, to_pt2):
        export(load(made.python), made.network)
    assert capfd.readouterr() == ("", "")
    traced = "torch.__trace"  # into a file, where TORCH_TRACE asks for it
    assert {record.name for record in caplog.records} <= {traced}
    assert logging.root.manager.disable == logging.NOTSET


def test_without_onnxscript(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    made = compiled("digits", 1)
    with pytest.raises(SpecError, match="need onnxscript") as caught:
        to_onnx(load(made.python), made.network)
    assert caught.value.hint == "pip install onnxscript"


@pytest.mark.parametrize("form", ["ONNX", "pt2"])
def test_what_an_exporter_cannot_do_is_an_error(form: str, monkeypatch, capfd) -> None:
    def fails(*_: object, **__: object) -> None:
        print("a lot of words")
        raise RuntimeError("no such operator\nand a long story")

    pytest.importorskip("onnxscript")
    monkeypatch.setattr("torch.onnx.export", fails)
    monkeypatch.setattr("torch.export.export", fails)
    made = compiled("digits", 1)
    with pytest.raises(SpecError) as caught:
        {"ONNX": to_onnx, "pt2": to_pt2}[form](load(made.python), made.network)
    assert caught.value.message.endswith(f"cannot write this network as {form}: no such operator")
    assert capfd.readouterr() == ("", "")


def test_small_groups_stay_apart_in_onnx() -> None:
    """Their zeros would be stored; the module is as it was."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    text = """network n
input x : 32 x 8 x 8
operators { A : x -> x conv 3x3 group_size 2 }
output y = A(x)
"""
    made = compile_source(Source("n", text), level=2)
    module = load(made.python)
    together, x = module.A.together, torch.randn(3, 32, 8, 8)  # type: ignore[union-attr]
    assert max(together) > 1  # type: ignore[type-var]
    content = to_onnx(module, made.network)
    (stored,) = onnx.load_from_string(content).graph.initializer
    assert list(stored.dims) == [32, 2, 3, 3]
    torch.testing.assert_close(from_onnx(content, made, [x])["y"], module(x))
    assert module.A.together == together  # type: ignore[union-attr]
