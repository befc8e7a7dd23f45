"""The layout of images on a CPU: the same network, the same weights, the same numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mgiad_dsl import Compiled, Source, compile_source
from mgiad_dsl.rewrite import Level
from mgiad_dsl.runtime import load

SPEC = """network laid
input image : 4 x {size}
operators {{ {operators} W : {made} -> 3 linear }}
output y = W(avgpool({value}))
"""
DENSE = "A : image -> 6 conv 3x3"
PAIR = """network pair
input a : 2 x 9 x 7
input b : 2 x 9 x 7
spaces u : 5 channels
operators { A : a -> u conv 3x3 bias   B : b -> u conv 1x1   n : batchnorm }
output y = relu(n(A(a) + B(b))) * 2
"""


def laid(operators: str, value: str, made: int | str = 6, size: str = "9 x 7") -> Compiled:
    text = SPEC.format(operators=operators, value=value, made=made, size=size)
    return compile_source(Source("laid", text), level=2)


def pair(level: Level) -> tuple[nn.Module, list[Tensor]]:
    """A network of two images, and images."""
    torch.manual_seed(0)
    network = load(compile_source(Source("pair", PAIR), level=level).python, "pair")
    return network, [torch.randn(3, 2, 9, 7) for _ in range(2)]


@pytest.mark.parametrize(
    ("operators", "value", "made", "size", "when"),
    [
        (DENSE, "A(image)", 6, "9 x 7", "always"),
        ("A : image -> image conv 3x3 group_size 2", "A(image)", "image", "9 x 7", "training"),
        ("A : image -> 6 conv 3x3 transposed stride 2", "A(image)", 6, "9 x 7", "always"),
        (
            "A : image -> image conv 3x3 group_size 1 B : image -> image conv 1x1",
            "B(A(image))",
            "image",
            "9 x 7",
            "always",
        ),
        ("A : image -> 36 conv 3x3 group_size 9", "A(image)", 36, "9 x 7", "always"),
        ("A : image -> 32 conv 3x3 group_size 8", "A(image)", 32, "9 x 7", "training"),
        ("A : image -> image conv 3x3 depthwise", "A(image)", "image", "9 x 7", "never"),
        (
            "A : image -> image stencil [[0,1,0],[1,-4,1],[0,1,0]] fixed",
            "A(image)",
            "image",
            "9 x 7",
            "never",
        ),
        (f"{DENSE} d : dropout 1/2", "d(A(image))", 6, "9 x 7", "never"),
        (f"{DENSE} d : dropout 0", "d(A(image))", 6, "9 x 7", "always"),
        (f"{DENSE} d : dropout 1/2", "d(avgpool(A(image)))", 6, "9 x 7", "always"),
        (f"{DENSE} d : droppath 1/2", "d(A(image))", 6, "9 x 7", "always"),
        ("A : image -> 6 conv 3", "A(image)", 6, "9", "never"),
        ("A : image -> 6 conv 3x3x3", "A(image)", 6, "9 x 7 x 5", "never"),
    ],
)
def test_the_rule(operators: str, value: str, made: int | str, size: str, when: str) -> None:
    compiled = laid(operators, value, made, size)
    assert compiled.program.channels_last == ({} if when == "never" else {"image": when})
    assert ("image = channels_last(image)" in compiled.python) == (when != "never")
    in_training = "if self.training:\n            image = channels_last(image)"
    assert (in_training in compiled.python) == (when == "training")
    for level in (0, 1):
        source = compile_source(compiled.source, level=level)
        assert source.program.channels_last == {}


@pytest.mark.parametrize(
    ("sizes", "when"),
    [
        ((8, 8, 8), "training"),
        ((8, 8, 12), "training"),
        ((8, 12, 12), "always"),
        ((12, 12, 12), "always"),
        ((2, 8, 24, 12), "always"),  # half of them
        ((2, 8, 1, 4), "training"),
        ((2, 1, 1, 12), "always"),
    ],
)
def test_most_of_the_groups(sizes: tuple[int, ...], when: str) -> None:
    """Of 8 channels or fewer, but not of one."""
    names = [f"A{number}" for number, _ in enumerate(sizes)]
    made = [f"{n} : u -> u conv 3x3 group_size {s}" for n, s in zip(names, sizes, strict=True)]
    value = "u"
    for name in names:
        value = f"{name}({value})"
    text = f"""network groups
    input image : 24 x 9 x 7
    spaces u : 24 channels
    operators {{ {"  ".join(made)} }}
    start {{ u = image }}
    output y = {value}
    """
    compiled = compile_source(Source("groups", text), level=2)
    assert compiled.program.channels_last == {"image": when}


def test_signals_beside_images() -> None:
    text = """network both
    input image : 4 x 9 x 7
    input signal : 2 x 16
    operators { A : image -> 5 conv 3x3   C : signal -> 3 conv 3   d : dropout 1/2 }
    output y = A(image)
    output z = d(C(signal))
    """
    compiled = compile_source(Source("both", text), level=2)
    assert compiled.program.channels_last == {"image": "always"}


@pytest.mark.parametrize(("groups", "lines"), [("", 1), ("group_size 2", 0)])
def test_for_inference(groups: str, lines: int) -> None:
    """What would only serve training goes."""
    inference = laid(f"A : image -> image conv 3x3 {groups}", "A(image)", "image").for_inference()
    assert inference.python.count("channels_last(") == 2 * lines
    assert inference.python.count("self.training") == 0


@pytest.mark.parametrize("training", [True, False])
def test_small_groups_are_laid_out_in_training_alone(training: bool) -> None:
    compiled = laid("A : image -> image conv 3x3 group_size 2", "A(image)", "image")
    network, seen = load(compiled.python, "laid").train(training), []
    network.A.register_forward_hook(lambda *arguments: seen.extend(arguments[-2]))  # type: ignore[union-attr]
    network(torch.randn(2, 4, 9, 7))
    assert seen[0].is_contiguous() != training


def test_all_images_are_laid_out_and_named() -> None:
    name = "an_image_with_a_rather_long_name"
    text = PAIR.replace("input a ", f"input {name} ").replace("A : a ", f"A : {name} ")
    text = text.replace("A(a)", f"A({name})")
    compiled = compile_source(Source("pair", text), level=2)
    assert list(compiled.program.channels_last) == [name, "b"]
    assert max(map(len, compiled.python.splitlines())) <= 100
    assert load(compiled.python, "pair")(*torch.randn(2, 3, 2, 9, 7)).shape == (3, 5, 9, 7)


@pytest.mark.parametrize("level", [1, 2])
def test_what_convolutions_are_given(level: Level) -> None:
    """A plain image does, and stays as it is."""
    network, images = pair(level)
    seen: list[bool] = []
    for convolution in (network.A, network.B):
        assert isinstance(convolution, nn.Conv2d)
        convolution.register_forward_hook(
            lambda _, given, made: seen.extend(
                each.is_contiguous(memory_format=torch.channels_last) for each in (*given, made)
            )
        )
    before = [image.clone() for image in images]
    network(*images)
    assert seen
    assert all(seen) == any(seen) == (level == 2)
    for image, was in zip(images, before, strict=True):
        assert image.is_contiguous()
        assert torch.equal(image, was)


def test_outputs_and_gradients() -> None:
    runs = []
    for level in (0, 2):
        network, images = pair(level)
        images = [image.double().requires_grad_() for image in images]
        output = network.double()(*images)
        output.square().sum().backward()
        gradients = [p.grad for p in network.parameters()]
        runs.append([output, *(image.grad for image in images), *gradients])
    for plain, last in zip(*runs, strict=True):
        torch.testing.assert_close(last, plain, rtol=1e-12, atol=1e-12)


def test_an_image_of_one_channel_is_laid_out_too() -> None:
    """Both layouts are the same bytes then: its strides say which one is meant."""
    text = SPEC.format(operators=DENSE, value="A(image)", made=6, size="9 x 7").replace(
        "4 x", "1 x"
    )
    network = load(compile_source(Source("one", text), level=2).python, "one")
    seen: list[Tensor] = []
    assert isinstance(network.A, nn.Conv2d)
    network.A.register_forward_hook(lambda *arguments: seen.append(arguments[-1]))
    network(torch.randn(2, 1, 9, 7))
    assert seen[0].is_contiguous(memory_format=torch.channels_last)


def test_compilers_and_exporters_choose_by_themselves() -> None:
    network, images = pair(2)
    network.eval()
    wanted = network(*images)
    whole = torch.compile(network, backend="aot_eager", fullgraph=True)
    sizes = tuple({0: torch.export.Dim("n")} for _ in images)
    program = torch.export.export(network, tuple(images), dynamic_shapes=sizes)
    exported = program.module()
    for each in (whole, exported):
        torch.testing.assert_close(each(*images), wanted)
    torch.testing.assert_close(exported(*(image[:1] for image in images)), wanted[:1])
    called = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    assert {name.split(".")[1] for name in called} == {"conv2d", "add", "batch_norm", "relu", "mul"}


@pytest.mark.parametrize("training", [True, False])
def test_many_at_once(training: bool) -> None:
    """`torch.vmap` over images, and gradients of each."""
    network, images = pair(2)
    network.train(training)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # one image has no statistics to keep
            module.eval()

    def alone(a: Tensor, b: Tensor) -> Tensor:
        made: Tensor = network(a[None], b[None])[0]
        return made

    torch.testing.assert_close(torch.vmap(alone)(*images), network(*images))
    gradients = torch.vmap(torch.func.grad(lambda a, b: alone(a, b).sum()))(*images)
    whole = [image.requires_grad_() for image in images]
    (wanted,) = torch.autograd.grad(network(*whole).sum(), whole[0])
    torch.testing.assert_close(gradients, wanted)


def test_on_other_devices_images_stay_as_they_lie() -> None:
    network, _ = pair(2)
    plain = torch.empty(3, 2, 9, 7, device="meta")
    assert network.to("meta")(plain, plain).is_contiguous()
