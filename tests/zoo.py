"""The bundled specs, at settings that make small networks of them."""

from __future__ import annotations

import torch
from torch import Tensor

from mgiad_dsl.base import resources
from mgiad_dsl.graph.network import Network

ZOO = tuple(sorted(path.stem for path in resources.bundled_specs()))
SMALL: dict[str, dict[str, object]] = {
    "darcy": {"width": 4, "L": 3, "size": 16},
    "mgiad": {"width": 0.25, "c_K": 8, "g_s": 4, "size": 16, "classes": 5},
    "mgic": {"width": 0.5, "c_K": 8, "g_s": 4, "size": 16},
    "mgnet": {"width": 0.25, "size": 16},
    "mgnet1d": {"width": 0.25, "size": 64},
    "mgnet3d": {"width": 0.25, "depth": 8, "size": 16},
    "mgnet_chebyshev": {"c": 8, "L": 3, "size": 16},
    "mgnet_damped": {"c": 8, "L": 3, "size": 16},
    "mgnet_grouped": {"width": 0.25, "size": 16},
    "mgnet_hexu": {"size": 8},
    "mgnet_jacobi": {"c": 8, "L": 3, "size": 16},
    "mgno": {"width": 6, "T": 2, "L": 3, "size": 16},
    "mobilenet_v2": {"width": 0.25, "size": 32, "classes": 10},
    "poisson": {"L": 4},
    "poisson1d": {"L": 5},
    "poisson3d": {"L": 3},
    "poisson_learned": {"L": 4},
    "poly_mgnet": {"width": 0.25, "size": 16},
    "resnet18": {"size": 32, "classes": 10},
    "resnet34": {"base": 8, "size": 32, "classes": 10},
    "resnet50": {"base": 8, "size": 32, "classes": 10},
    "resnext50_32x4d": {"base": 8, "groups": 4, "size": 32, "classes": 10},
    "unet": {"base": 4, "L": 3, "size": 16},
    "unet_mg": {"base": 4, "L": 3, "size": 16},
    "wide_resnet50_2": {"base": 8, "size": 32, "classes": 10},
}


def drawn(network: Network, samples: int) -> dict[str, Tensor]:
    """Random samples for each input of a network, by its name."""
    return {
        name: torch.randn(samples, *network.operations[value].shape, dtype=torch.float64)
        for name, value in network.inputs.items()
    }


def small(name: str) -> dict[str, object]:
    """Settings of a bundled spec; a new one runs at its own until it stands above."""
    return SMALL.get(name, {})
