"""Small groups that are computed together: the same convolution, with the same weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mgiad_dsl import Source, compile_source
from mgiad_dsl.graph.ops import Conv
from mgiad_dsl.rewrite.together import joined
from mgiad_dsl.runtime import load

SPEC = """network small
input image : {channels} x 9 x 7
operators {{ A : image -> {made} {kind} }}
output y = A(image)
"""


@pytest.mark.parametrize(
    ("given", "made", "groups", "together"),
    [
        (64, 64, 16, (2, 4)),  # groups of 4
        (64, 64, 32, (4, 8)),  # groups of 2
        (6, 6, 3, (3, 3)),  # only as many as divide the groups
        (64, 128, 64, (4, 8)),  # 2 channels of each
        (128, 64, 64, (4, 8)),
        (64, 64, 64, (1, 1)),  # depthwise
        (64, 64, 8, (1, 1)),  # groups of 8
        (64, 64, 4, (1, 1)),  # groups of 16
        (64, 64, 1, (1, 1)),
        (15, 15, 5, (1, 5)),  # groups of 3: two do not divide five
    ],
)
def test_the_rule(given: int, made: int, groups: int, together: tuple[int, int]) -> None:
    assert joined(Conv(given, made, (3, 3), groups=groups)).together == together
    assert joined(Conv(given, made, (3, 3), groups=groups, transposed=True)).together == (1, 1)


@pytest.mark.parametrize(
    ("given", "made", "groups", "together"),
    [
        (64, 128, 64, (4, 64)),
        (256, 128, 128, (4, 128)),
        (64, 64, 8, (1, 8)),
        (1024, 1024, 512, (4, 8)),  # too many for one matrix
        (64, 64, 64, (1, 1)),  # numbers, one for each channel
    ],
)
def test_the_rule_of_pointwise_convolutions(
    given: int, made: int, groups: int, together: tuple[int, int]
) -> None:
    assert joined(Conv(given, made, (1, 1), groups=groups)).together == together


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("channels", "made", "kind"),
    [
        (8, 8, "conv 3x3 group_size 2"),
        (6, 6, "conv 3x1 group_size 2 bias dilation 2 x 1"),
        (8, 16, "conv 3x3 group_size 2 stride 2"),
        (16, 8, "conv 1x1 group_size 2"),
    ],
)
def test_outputs_and_gradients(
    channels: int, made: int, kind: str, memory_format: torch.memory_format
) -> None:
    text = SPEC.format(channels=channels, made=made, kind=kind)
    x = torch.randn(2, channels, 9, 7, dtype=torch.float64)
    runs = []
    for level in (0, 2):
        source = compile_source(Source("small", text), level=level).python
        assert ("SmallGroups2d" in source) == (level == 2)
        torch.manual_seed(0)
        network = load(source, "small").double().to(memory_format=memory_format)
        image = x.clone().to(memory_format=memory_format).requires_grad_()
        output = network(image)
        output.square().sum().backward()
        runs.append([output, image.grad, *(p.grad for p in network.parameters())])
        assert isinstance(network.A, nn.Conv2d)
        assert list(network.state_dict()) == ["A.weight", *["A.bias"] * ("bias" in kind)]
    for plain, together in zip(*runs, strict=True):
        torch.testing.assert_close(together, plain, rtol=1e-12, atol=1e-12)


def test_compilers_and_exporters_take_it() -> None:
    """They decide for the device that they see."""
    text = SPEC.format(channels=8, made=8, kind="conv 3x3 group_size 2")
    network = load(compile_source(Source("small", text), level=2).python, "small")
    image = torch.randn(3, 8, 9, 7)
    wanted = network(image)
    whole = torch.compile(network, backend="aot_eager", fullgraph=True)
    exported = torch.export.export(network, (image,), dynamic_shapes=({0: torch.export.Dim("n")},))
    for each in (whole, exported.module()):
        torch.testing.assert_close(each(image), wanted)
    torch.testing.assert_close(exported.module()(image[:2]), wanted[:2])
    assert list(exported.state_dict) == ["A.weight"]


def test_on_other_devices_it_is_the_convolution_itself() -> None:
    text = SPEC.format(channels=8, made=8, kind="conv 3x3 group_size 2")
    network = load(compile_source(Source("small", text), level=2).python, "small").to("meta")
    seen = []

    class Calls(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            if function is torch.conv2d:
                seen.append(tuple(args[1].shape))
            return function(*args, **(kwargs or {}))

    with Calls():
        network(torch.empty(2, 8, 9, 7, device="meta"))
    assert seen == [(8, 2, 3, 3)]
