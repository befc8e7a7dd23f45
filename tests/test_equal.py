"""Compiled networks equal independent, hand-written ones: outputs and gradients."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch import nn

from mgiad_dsl import compile_file
from tests.equality import Weights, assert_equal
from tests.reference import (
    darcy,
    mgiad,
    mgic,
    mgnet,
    mgnet_grouped,
    mgnet_hexu,
    mgno,
    mobilenet_v2,
    packaged_mgnet,
    poly_mgnet,
    residual,
    smoothers_mgnet,
    unet,
)
from tests.reference.parts import groups

IMAGE = (2, 3, 16, 16)


def image(*shape: int) -> torch.Tensor:
    return torch.randn(*(shape or IMAGE), dtype=torch.float64)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(1)


MGNET = {"width": 0.25, "size": 16}


@pytest.mark.parametrize(
    ("name", "settings", "reference"),
    [
        ("mgnet", {}, lambda: mgnet.MgNet(0.25)),
        ("mgnet:A", {}, lambda: mgnet.MgNet(0.25, share_b=False)),
        ("mgnet", {"steps": 3}, lambda: mgnet.MgNet(0.25, steps=3)),
        ("mgnet:imagenet", {"classes": 7}, lambda: mgnet.MgNet(0.25, classes=7, stem=7, pool=True)),
        ("mgnet_grouped", {}, lambda: mgnet_grouped.GroupedMgNet(4, width=0.25)),
        ("poly_mgnet", {}, lambda: poly_mgnet.PolyMgNet(0.25)),
        ("poly_mgnet:quadratic", {}, lambda: poly_mgnet.PolyMgNet(0.25, 0, 2)),
        ("poly_mgnet:mixed", {}, lambda: poly_mgnet.PolyMgNet(0.25, 2, 1)),
        ("poly_mgnet:outside", {}, lambda: poly_mgnet.PolyMgNet(0.25, script="poly")),
        ("poly_mgnet:outside_mixed", {}, lambda: poly_mgnet.PolyMgNet(0.25, 2, 1, script="quad")),
        (
            "mgiad",
            {"c_K": 8, "g_s": 4, "classes": 5},
            lambda: mgiad.MGiaD(0.25, c_k=8, g_s=4, classes=5),
        ),
        (
            "mgiad:imagenet",
            {"c_K": 16, "g_s": 8, "classes": 5},
            lambda: mgiad.MGiaD(0.25, c_k=16, g_s=8, norm_p=True, classes=5, stem=7, pool=True),
        ),
        ("mgic", {"c_K": 8, "g_s": 4}, lambda: mgic.MGIC(0.25, c_k=8, g_s=4)),
    ],
)
def test_family(name, settings, reference) -> None:
    net = reference().double()
    compiled = compile_file(name, **(MGNET | settings))
    assert_equal(compiled, net, groups(net), image())


@pytest.mark.parametrize(
    ("name", "settings", "shape"),
    [
        ("mgnet1d", {"size": 4096, "steps": 3}, (2, 1, 4096)),
        ("mgnet1d:A", {"size": 100, "in_channels": 3, "stem": 7, "pool": True}, (2, 3, 100)),
        ("mgnet3d", {"depth": 8, "size": 16}, (2, 1, 8, 16, 16)),
        ("mgnet3d:A", {"depth": 13, "size": 20, "stem": 5, "pool": True}, (2, 1, 13, 20, 20)),
    ],
)
def test_mgnet_of_signals_and_volumes(name, settings, shape) -> None:
    same = {key: value for key, value in settings.items() if key not in ("depth", "size")}
    net = mgnet.MgNet(
        0.25,
        share_b=not name.endswith(":A"),
        dimension=len(shape) - 2,
        dead=False,
        **{"in_channels": 1} | same,
    ).double()
    compiled = compile_file(name, width=0.25, **settings)
    assert_equal(compiled, net, groups(net), image(*shape))


@pytest.mark.parametrize("share_b", [True, False])
def test_he_and_xu(share_b: bool) -> None:
    net = mgnet_hexu.HeXuMgNet(share_b=share_b, classes=10).double()
    compiled = compile_file("mgnet_hexu", share_B=share_b, size=8)
    assert_equal(compiled, net, groups(net), image(2, 3, 8, 8))


def test_width_three_of_mgiad_has_four_channel_levels() -> None:
    net = mgiad.MGiaD(3).double()
    assert_equal(compile_file("mgiad:w3", size=8), net, groups(net), image(2, 3, 8, 8))


@pytest.mark.parametrize("smoother", ["jacobi", "damped", "chebyshev"])
def test_smoothers_on_several_levels(smoother: str) -> None:
    name = "damped_jacobi" if smoother == "damped" else smoother
    net = smoothers_mgnet.SmootherMgNet(name, (2, 2, 2), channels=8).double()
    compiled = compile_file(f"mgnet_{smoother}", c=8, L=3, size=16)
    assert_equal(compiled, net, _as_in_spec(groups(net)), image())


def _as_in_spec(found: dict[str, Weights]) -> dict[str, Weights]:
    """The spec calls the damping `s`."""
    return {name.replace("acceleration", "s"): member for name, member in found.items()}


@pytest.mark.parametrize(
    ("smoother", "levels"), [("jacobi", 3), ("damped_jacobi", 3), ("chebyshev", 1)]
)
def test_the_package_mgnet(smoother: str, levels: int) -> None:
    """The PyPI package itself; its Chebyshev smoother works on one level only."""
    with packaged_mgnet.float64():
        net = packaged_mgnet.packaged(smoother, (2,) * levels, channels=8)
        spec = "mgnet_" + smoother.removesuffix("_jacobi")
        compiled = compile_file(spec, c=8, L=levels, size=16)
        found = _as_in_spec(packaged_mgnet.packaged_groups(net))
        assert_equal(compiled, net, found, image())


@pytest.mark.parametrize(
    ("name", "cifar"),
    [(name, False) for name in residual.BLOCKS]
    + [(name, True) for name in ("resnet18", "resnet34", "resnet50")],
)
def test_residual_networks_equal_torchvision_bit_for_bit(name: str, cifar: bool) -> None:
    net = residual.build(name, 10, cifar).double()
    named = _named(net, residual.operator_names(name), residual.norm_names(name))
    variant, size = (":cifar10", 32) if cifar else ("", 64)
    compiled = compile_file(f"{name}{variant}", classes=10, size=size)
    assert_equal(compiled, net, named, image(2, 3, size, size), tolerance=0)


@pytest.mark.parametrize("width", ["1", "7/20", "7/5"])
def test_mobilenet_equals_torchvision_bit_for_bit(width: str) -> None:
    net = mobilenet_v2.build(float(Fraction(width)), 10).double()
    named = _named(net, mobilenet_v2.operator_names(), mobilenet_v2.norm_names())
    compiled = compile_file("mobilenet_v2", width=Fraction(width), classes=10, size=64)
    assert_equal(compiled, net, named, image(2, 3, 64, 64), tolerance=0)


@pytest.mark.parametrize(
    ("settings", "reference", "size"),
    [
        ({"L": 3, "size": 16}, lambda: unet.UNet(4, 3), 16),
        ({"L": 3, "padded": False, "size": 60}, lambda: unet.UNet(4, 3, False), 60),
        ({"padded": False, "p": "1/2", "size": 188}, lambda: unet.UNet(2, 5, False, 0.5), 188),
    ],
)
def test_unet(settings, reference, size: int) -> None:
    net = reference().double()
    base = net.H.in_channels
    assert_equal(
        compile_file("unet", base=base, **settings), net, groups(net), image(2, 1, size, size)
    )


@pytest.mark.parametrize(
    ("name", "settings", "reference"),
    [
        ("mgno", {"T": 3, "L": 4, "size": 32}, {"layers": 3, "levels": 4, "size": 32}),
        ("mgno:smooth_darcy", {"T": 2, "size": 37, "L": 5}, {"layers": 2, "levels": 5, "size": 37}),
        (
            "mgno:residual",
            {"T": 2, "L": 3, "steps": 2, "post": 2, "in_channels": 2, "size": 16},
            {"layers": 2, "levels": 3, "steps": 2, "post": 2, "in_channels": 2, "residual": True},
        ),
    ],
)
def test_mgno(name, settings, reference) -> None:
    net = mgno.MgNO(6, **({"size": 16} | reference)).double()
    a = image(2, settings.get("in_channels", 1), settings["size"], settings["size"])
    assert_equal(compile_file(name, width=6, **settings), net, groups(net), a)


@pytest.mark.parametrize(
    ("settings", "reference"),
    [
        ({"size": 32}, {"size": 32}),
        ({"size": 37, "L": 4}, {"size": 37, "levels": 4}),
        (
            {"size": 14, "L": 3, "pre": 2, "coarsest": 3, "post": 0, "unit": "1/2", "force": 7},
            {"size": 14, "levels": 3, "pre": 2, "coarsest": 3, "post": 0, "unit": 0.5, "force": 7},
        ),
    ],
)
def test_darcy(settings, reference) -> None:
    net = darcy.Darcy(6, **reference).double()
    fields = [image(2, 1, settings["size"], settings["size"]) for _ in range(2)]
    assert_equal(compile_file("darcy", width=6, **settings), net, groups(net), *fields)


@pytest.mark.parametrize("around", ["circular", "replicate", "reflect"])
def test_mgno_with_another_boundary(around: str) -> None:
    net = mgno.MgNO(6, 2, 3, size=16, around=around).double()
    settings = {"width": 6, "T": 2, "L": 3, "size": 16, "around": around}
    assert_equal(compile_file("mgno", **settings), net, groups(net), image(2, 1, 16, 16))


def _named(net: nn.Module, operators: dict[str, str], norms: list[str]) -> dict[str, Weights]:
    """torchvision's modules by the names that their weights have in the spec."""
    modules = dict(net.named_modules())
    named: dict[str, Weights] = {ours: modules[theirs] for ours, theirs in operators.items()}
    return named | {f"norm[{number}]": modules[theirs] for number, theirs in enumerate(norms)}
