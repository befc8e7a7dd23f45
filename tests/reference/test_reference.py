"""The references are what was published: counts to the last weight, shapes, and known solvers."""

import inspect
import math
from functools import partial

import pytest
import torch
from torch import nn

from . import (
    darcy,
    mgiad,
    mgic,
    mgnet,
    mgnet_grouped,
    mgnet_hexu,
    mgno,
    mobilenet_v2,
    multigrid,
    packaged_mgnet,
    poly_mgnet,
    residual,
    smoothers_mgnet,
    unet,
)
from .parts import groups, numel

CIFAR10, CIFAR100 = ({"classes": classes, "cifar": True} for classes in (10, 100))
IMAGENET = {"classes": 1000, "stem": 7, "pool": True}
SIGNALS, VOLUMES = ({"dimension": n, "in_channels": 1, "dead": False} for n in (1, 3))
HEXU_IMAGENET = {
    "steps": (3, 4, 6, 3),
    "channels": (128, 256, 512, 1024),
    "share_b": False,
    "stem_stride": 2,
    **IMAGENET,
}

# name: network, arithmetic, configuration, exact count
COUNTS = {
    "resnet18-imagenet": (residual.build, residual, {}, 11_689_512),
    "resnet18-cifar10": (residual.build, residual, CIFAR10, 11_173_962),
    "resnet18-cifar100": (residual.build, residual, CIFAR100, 11_220_132),
    "resnet34": (residual.build, residual, {"name": "resnet34"}, 21_797_672),
    "resnet34-cifar10": (residual.build, residual, {"name": "resnet34", **CIFAR10}, 21_282_122),
    "resnet50": (residual.build, residual, {"name": "resnet50"}, 25_557_032),
    "resnet50-cifar100": (residual.build, residual, {"name": "resnet50", **CIFAR100}, 23_705_252),
    "wide_resnet50_2": (residual.build, residual, {"name": "wide_resnet50_2"}, 68_883_240),
    "resnext50_32x4d": (residual.build, residual, {"name": "resnext50_32x4d"}, 25_028_904),
    "mobilenet_v2": (mobilenet_v2.build, mobilenet_v2, {}, 3_504_872),
    "mobilenet_v2-w0_35": (mobilenet_v2.build, mobilenet_v2, {"width": 0.35}, 1_677_128),
    "mobilenet_v2-w0_5": (mobilenet_v2.build, mobilenet_v2, {"width": 0.5}, 1_968_680),
    "mobilenet_v2-w0_75": (mobilenet_v2.build, mobilenet_v2, {"width": 0.75}, 2_636_424),
    "mobilenet_v2-w1_4": (mobilenet_v2.build, mobilenet_v2, {"width": 1.4}, 6_108_776),
    "mgnet-AB-cifar10": (mgnet.MgNet, mgnet, {}, 2_750_666),
    "mgnet-A-cifar10": (mgnet.MgNet, mgnet, {"share_b": False}, 4_114_634),
    "mgnet-AB-cifar100": (mgnet.MgNet, mgnet, {"classes": 100}, 2_773_796),
    "mgnet-AB-imagenet": (mgnet.MgNet, mgnet, IMAGENET, 3_012_776),
    "mgnet1d": (mgnet.MgNet, mgnet, SIGNALS, 921_674),
    "mgnet1d-A": (mgnet.MgNet, mgnet, {**SIGNALS, "share_b": False}, 1_376_330),
    "mgnet3d": (mgnet.MgNet, mgnet, VOLUMES, 8_228_426),
    "mgnet3d-A": (mgnet.MgNet, mgnet, {**VOLUMES, "share_b": False}, 12_320_330),
    "mgiad-1-cifar100": (mgiad.MGiaD, mgiad, {}, 1_383_844),
    "mgiad-3-cifar100": (mgiad.MGiaD, mgiad, {"width": 3}, 4_821_796),
    "mgiad-1-imagenet": (mgiad.MGiaD, mgiad, {**IMAGENET, "norm_p": True}, 1_624_616),
    "mgiad-3-imagenet": (mgiad.MGiaD, mgiad, {"width": 3, **IMAGENET, "norm_p": True}, 5_543_848),
    "hexu-B^l": (mgnet_hexu.HeXuMgNet, mgnet_hexu, {}, 8_278_794),
    "hexu-B^li": (mgnet_hexu.HeXuMgNet, mgnet_hexu, {"share_b": False}, 10_638_090),
    "darcy": (darcy.Darcy, darcy, {}, 13_537),
    "darcy-w16": (darcy.Darcy, darcy, {"width": 16}, 50_753),
    "darcy-odd": (darcy.Darcy, darcy, {"size": 63}, 13_481),
    "mgno": (mgno.MgNO, mgno, {}, 572_661),
    "mgno-smooth": (mgno.MgNO, mgno, {"layers": 5, "size": 211}, 678_093),
    "mgno-residual": (mgno.MgNO, mgno, {"residual": True}, 651_501),
    "unet": (unet.UNet, unet, {}, 31_030_658),
    "unet-paper": (unet.UNet, unet, {"padded": False}, 31_030_658),
    "unet-pets": (unet.UNet, unet, {"base": 16, "in_channels": 3, "classes": 3}, 1_941_139),
    "hexu-imagenet": (mgnet_hexu.HeXuMgNet, mgnet_hexu, HEXU_IMAGENET, 71_270_504),
}

# printed figures and the unit they are printed in; 8.2M truncates, ResNet18's 11,175k is 1k off
PRINTED = [
    (11_690, "resnet18-imagenet"),
    (11_220, "resnet18-cifar100"),
    (4_115, "mgnet-A-cifar10"),
    (2_751, "mgnet-AB-cifar10"),
    (2_774, "mgnet-AB-cifar100"),
    (3_013, "mgnet-AB-imagenet"),
    (1_384, "mgiad-1-cifar100"),
    (4_822, "mgiad-3-cifar100"),
    (1_625, "mgiad-1-imagenet"),
    (5_544, "mgiad-3-imagenet"),
]

# configurations without a printed figure: module against arithmetic, small enough to run
SMALL = {
    "mgnet-1.4": (mgnet.MgNet, mgnet, {"width": 1.4}),
    "mgnet-half": (mgnet.MgNet, mgnet, {"width": 0.5, "steps": 3, "share_b": False}),
    "mgiad-4-8": (mgiad.MGiaD, mgiad, {"c_k": 8, "g_s": 4}),
    "mgiad-8-16-norm": (mgiad.MGiaD, mgiad, {"c_k": 16, "g_s": 8, "norm_p": True}),
    "hexu": (mgnet_hexu.HeXuMgNet, mgnet_hexu, {"steps": (1, 2, 3), "channels": (4, 8, 12)}),
    "grouped-4": (mgnet_grouped.GroupedMgNet, mgnet_grouped, {"group_size": 4}),
    "grouped-32": (mgnet_grouped.GroupedMgNet, mgnet_grouped, {"group_size": 32, "share_b": False}),
    "mgic-4-8": (mgic.MGIC, mgic, {"c_k": 8, "g_s": 4}),
    "mgic-8-32": (mgic.MGIC, mgic, {"c_k": 32, "g_s": 8, "pool": True, "stem_stride": 2}),
    "poly-linear": (poly_mgnet.PolyMgNet, poly_mgnet, {}),
    "poly-quadratic": (poly_mgnet.PolyMgNet, poly_mgnet, {"linear": 0, "quadratic": 2}),
    "poly-both": (poly_mgnet.PolyMgNet, poly_mgnet, {"linear": 2, "quadratic": 1}),
    "poly-outside": (poly_mgnet.PolyMgNet, poly_mgnet, {"script": "poly"}),
    "poly-outside-both": (poly_mgnet.PolyMgNet, poly_mgnet, {"quadratic": 1, "script": "quad"}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_weights_are_the_exact_figures(name: str) -> None:
    build, module, config, exact = COUNTS[name]
    with torch.device("meta"):
        assert numel(build(**config)) == exact
    assert module.exact_count(**config) == exact


@pytest.mark.parametrize(("printed", "name"), PRINTED)
def test_exact_figures_round_to_the_printed(printed: int, name: str) -> None:
    assert round(COUNTS[name][3] / 1000) == printed


def test_printed_figures_that_do_not_round() -> None:
    assert math.floor(COUNTS["hexu-B^l"][3] / 1e5) / 10 == 8.2
    assert round(COUNTS["hexu-B^l"][3] / 1e6, 1) == 8.3
    assert round(COUNTS["hexu-imagenet"][3] / 1e6, 1) == 71.3
    assert round(COUNTS["resnet18-cifar10"][3] / 1000) == 11_175 - 1


@pytest.mark.parametrize("name", SMALL)
def test_small_networks_count_and_run(name: str) -> None:
    build, module, config = SMALL[name]
    net = build(**config)
    assert numel(net) == module.exact_count(**config)
    called = []
    for norm in net.norms:
        norm.register_forward_hook(lambda norm, *_: called.append(norm))
    logits = net(torch.randn(2, 3, 16, 16))
    assert logits.shape == (2, net.W.out_features)
    assert [id(n) for n in called] == [id(n) for n in net.norms]  # each once, in this order


@pytest.mark.parametrize("name", SMALL)
def test_groups_name_every_weight_once(name: str) -> None:
    build, _, config = SMALL[name]
    with torch.device("meta"):
        net = build(**config)
    members = groups(net).values()
    sizes = [m.numel() if isinstance(m, nn.Parameter) else numel(m) for m in members]
    assert sum(sizes) == numel(net)


def test_only_declared_operators_are_dead() -> None:
    net = mgnet.MgNet(width=0.25)
    net(torch.randn(2, 3, 16, 16)).sum().backward()
    assert {n for n, p in net.named_parameters() if p.grad is None} == {"R0.weight", "Pi0.weight"}


def test_a_channel_hierarchy_of_one_level_is_mgnet_with_three_steps() -> None:
    config = {"width": 0.25, "classes": 10}
    ours, plain = mgiad.MGiaD(c_k=64, **config), mgnet.MgNet(steps=3, **config)
    state = ours.state_dict()
    renamed = {k.replace("A.1,0", "A.1") for k in state}
    assert len(renamed) == len(plain.state_dict())
    plain.load_state_dict(dict(zip(plain.state_dict(), state.values(), strict=True)))
    x = torch.randn(2, 3, 16, 16)
    assert torch.equal(ours(x), plain(x))


TORCHVISION = {
    "mobilenet_v2": (mobilenet_v2.build, mobilenet_v2.operator_names(), mobilenet_v2.norm_names()),
    **{
        name: (
            partial(residual.build, name),
            residual.operator_names(name),
            residual.norm_names(name),
        )
        for name in residual.BLOCKS
    },
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_names_cover_the_network(name: str) -> None:
    build, operators, norm_names = TORCHVISION[name]
    net = build(classes=10)
    modules = dict(net.named_modules())
    named = [*operators.values(), *norm_names]
    assert sum(numel(modules[path]) for path in named) == numel(net)
    called = []
    for path in norm_names:
        modules[path].register_forward_hook(lambda *_, path=path: called.append(path))
    assert net(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    assert called == norm_names


@pytest.mark.parametrize(("padded", "size", "made"), [(False, 572, 388), (True, 256, 256)])
def test_the_sizes_of_a_unet_are_the_papers(padded: bool, size: int, made: int) -> None:
    net = unet.UNet(base=1, padded=padded)
    assert net(torch.randn(1, 1, size, size)).shape == (1, 2, made, made)


def test_a_unet_has_23_convolutions() -> None:
    net = unet.UNet(base=1)
    kinds = [type(member) for member in net.modules()]
    assert kinds.count(nn.Conv2d) + kinds.count(nn.ConvTranspose2d) == 23


@pytest.mark.parametrize("size", [37, 64])
def test_a_layer_of_mgno_without_activation_and_bias_is_linear(size: int) -> None:
    net = mgno.MgNO(3, 1, 4, post=1, residual=True, size=size).double()
    a, b = torch.randn(2, 1, 1, size, size, dtype=torch.float64)
    cycle = partial(net._cycle, 1, 1, None)
    assert cycle(a).shape == (1, 3, size, size)
    assert torch.allclose(cycle(2 * a - b), 2 * cycle(a) - cycle(b), rtol=0, atol=1e-12)


# ---- textbook multigrid


@pytest.mark.parametrize(
    ("dimension", "kind", "grids", "low", "high"),
    [
        (1, "V", (4, 7, 10, 13), 0.09, 0.14),
        (1, "W", (4, 5, 6), 0.07, 0.079),
        (2, "V", (4, 5, 6), 0.21, 0.236),
        (2, "W", (4, 5, 6), 0.19, 0.199),
        (3, "V", (4, 5), 0.31, 0.34),
        (3, "W", (4, 5), 0.30, 0.32),
    ],
)
def test_convergence_does_not_depend_on_the_grid(
    dimension: int, kind: str, grids: tuple[int, ...], low: float, high: float
) -> None:
    scheme = multigrid.Scheme(kind, stencils=multigrid.classical(dimension))
    for l_max in grids:
        assert low <= multigrid.convergence_factor(scheme, l_max) <= high


@pytest.mark.parametrize(
    ("dimension", "one", "three"), [(1, 1 / 3, 0.0788), (2, 3 / 5, 0.216), (3, 5 / 7, 0.3644)]
)
def test_two_grids_do_what_the_textbook_says(dimension: int, one: float, three: float) -> None:
    """One step is the smoothing factor, three its cube; in 1-D more, of smooth waves."""
    assert multigrid.two_grid_factor(dimension, 1) == pytest.approx(one, rel=0.005)
    assert multigrid.two_grid_factor(dimension, 3) == pytest.approx(three, rel=0.01)


def test_an_f_cycle_lies_between() -> None:
    f = torch.randn(31, 31, dtype=torch.float64)
    v, w, mid = (multigrid.cycle(multigrid.Scheme(kind), f) for kind in "VWF")
    assert not torch.allclose(mid, v)
    assert not torch.equal(mid, w)


def test_cycles_reach_the_solution() -> None:
    scheme = multigrid.Scheme()
    solution = torch.randn(15, 15, dtype=torch.float64)
    f = multigrid.apply(scheme.stencils.a, solution)
    u = torch.zeros_like(f)
    for _ in range(25):
        u = multigrid.cycle(scheme, f, u)
    assert torch.allclose(u, solution, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_stencils_mean_what_torch_means(dimension: int) -> None:
    stencil = torch.randn([3] * dimension, dtype=torch.float64)
    x = torch.randn(1, 1, *[7] * dimension, dtype=torch.float64)
    kernel = stencil[None, None]
    conv = getattr(nn.functional, f"conv{dimension}d")
    transposed = getattr(nn.functional, f"conv_transpose{dimension}d")
    for ours, theirs in [
        (multigrid.apply(stencil, x), conv(x, kernel, padding=1)),
        (multigrid.restrict(stencil, x), conv(x, kernel, stride=2)),
        (multigrid.prolongate(stencil, x), transposed(x, kernel, stride=2)),
    ]:
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-14)


# ---- the PyPI package

package = pytest.importorskip("mgnet.model")
TINY = {"channels": 6, "in_channels": 2, "classes": 3}


@pytest.mark.parametrize("smoother", packaged_mgnet.SMOOTHERS)
def test_the_package_counts_by_arithmetic(smoother: str) -> None:
    for config in ({}, {"steps": (1, 3), **TINY}):
        net = packaged_mgnet.packaged(smoother, **config)
        assert numel(net) == packaged_mgnet.exact_count(smoother, **config)
        assert numel(net) == numel(smoothers_mgnet.SmootherMgNet(smoother, **config))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("smoother", "steps"),
    [("jacobi", (2, 1, 3)), ("damped_jacobi", (2, 1, 3)), ("chebyshev", (3,))],
)
def test_the_package_computes_these_equations(smoother: str, steps, training: bool) -> None:
    with packaged_mgnet.float64():
        theirs = packaged_mgnet.packaged(smoother, steps, w=0.7, **TINY).train(training)
        ours = smoothers_mgnet.SmootherMgNet(smoother, steps, **TINY).train(training)
        named = groups(ours)
        source = packaged_mgnet.packaged_groups(theirs)
        assert named.keys() == source.keys()
        for name, target in named.items():
            if isinstance(target, nn.Parameter):
                target.data.copy_(source[name].data.reshape(1))
            else:
                target.load_state_dict(source[name].state_dict())
        x = torch.randn(2, 2, 12, 12)
        assert torch.equal(ours(x), theirs(x))


def test_the_package_crashes_with_chebyshev_beyond_one_level() -> None:
    net = packaged_mgnet.packaged("chebyshev", (1, 1), **TINY)
    with pytest.raises(RuntimeError, match="must match the size of tensor b"):
        net(torch.randn(2, 2, 12, 12))
    assert smoothers_mgnet.SmootherMgNet("chebyshev", (1, 1), **TINY)(
        torch.randn(2, 2, 12, 12)
    ).shape == (2, 3)


def test_the_package_leaves_w_uninitialised() -> None:
    source = inspect.getsource(package.MGBlockChebyshevSmoother)
    assert "self.w = nn.Parameter(torch.Tensor(1))" in source
    assert "self.w." not in source  # and nothing fills it later


def test_the_package_has_further_traps() -> None:
    x = torch.randn(2, 2, 12, 12)
    with pytest.raises(RuntimeError, match="should be the same"):
        packaged_mgnet.packaged("jacobi", (1,), **TINY).double()(x.double())
    unequal = package.mgnet(
        "jacobi", n_iter=[1], n_chan_u=4, n_chan_f=6, in_channels=2, n_classes=3
    )
    with pytest.raises(RuntimeError, match="channels"):
        unequal(x)
    with pytest.raises(AttributeError):
        _ = packaged_mgnet.packaged("jacobi", (1,), **TINY).parameters_count
    with pytest.raises(RecursionError):
        packaged_mgnet.packaged("multistep", (1,), **TINY)(x)
