"""Compares a compiled network with a hand-written one, weight by weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import torch
from torch import nn

from mgiad_dsl import Compiled
from mgiad_dsl.outline.names import attribute
from mgiad_dsl.runtime import load

Weights = nn.Module | nn.Parameter


def compiled_groups(compiled: Compiled, network: nn.Module) -> dict[str, Weights]:
    """The weights of a compiled network as ``A[2]``, ``B[2,1]``, norms as ``norm[0]`` by use."""
    found: dict[str, Weights] = {}
    norms = 0
    for group in compiled.written.groups.values():
        member = reduce(_inside, group.path or group.key.split(), _family(network, group.family))
        if isinstance(member, nn.Module) and not list(member.parameters()):
            continue  # a fixed stencil
        if group.role == "norm":
            found[f"norm[{norms}]"] = member
            norms += 1
        else:
            index = group.key.replace("_", ",")
            found[f"{group.family}[{index}]" if index else group.family] = member
    return found


def _family(network: nn.Module, family: str) -> Any:
    return getattr(network, attribute(family))


def _inside(holder: Any, key: str | int) -> Any:
    return holder[key]


def tensors(groups: Mapping[str, Weights]) -> dict[str, nn.Parameter | torch.Tensor]:
    """All parameters and statistics by group."""
    found = {}
    for name, member in groups.items():
        if isinstance(member, nn.Parameter):
            found[name] = member
        else:
            found |= {
                f"{name}.{key}": value for key, value in member.state_dict(keep_vars=True).items()
            }
    return found


def randomise(groups: Mapping[str, Weights]) -> None:
    """Norms with scales and statistics of their own, so that none can be mistaken for another."""
    for name, value in tensors(groups).items():
        is_scalar = value.ndim == 0 and value.is_floating_point()
        if name.endswith(("running_var", "weight")) and value.ndim == 1:
            nn.init.uniform_(value, 0.5, 1.5)
        elif name.endswith(("running_mean", "bias")) or is_scalar:
            nn.init.uniform_(value, 0.1, 0.9)


def copy(source: Mapping[str, Weights], target: Mapping[str, Weights]) -> None:
    """Give the target the weights of the source; both must have the same ones."""
    given, taken = tensors(source), tensors(target)
    assert sorted(given) == sorted(taken)
    with torch.no_grad():
        for name, value in taken.items():
            assert value.numel() == given[name].numel(), name
            value.copy_(given[name].reshape(value.shape))


def build(compiled: Compiled) -> nn.Module:
    """The compiled network in float64."""
    torch.manual_seed(0)
    return load(compiled.python).double()


def assert_equal(
    compiled: Compiled,
    reference: nn.Module,
    groups: Mapping[str, Weights],
    *inputs: torch.Tensor,
    tolerance: float = 1e-12,
) -> None:
    """Same outputs and gradients for the same weights, in train and in eval mode."""
    network = build(compiled)
    own = compiled_groups(compiled, network)
    randomise(groups)
    copy(groups, own)
    for mode in (True, False):
        network.train(mode)
        reference.train(mode)
        network.zero_grad()
        reference.zero_grad()
        got, wanted = (_with_equal_chances(each, inputs) for each in (network, reference))
        assert _distance(got, wanted) <= tolerance
        direction = torch.randn_like(wanted)
        (got * direction).sum().backward()
        (wanted * direction).sum().backward()
        _assert_same_gradients(tensors(own), tensors(groups), 10 * tolerance)


def _with_equal_chances(network: nn.Module, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    """What a network gives; dropout takes the same numbers in all networks."""
    torch.manual_seed(2)
    return network(*inputs)


def _assert_same_gradients(
    own: Mapping[str, torch.Tensor], others: Mapping[str, torch.Tensor], tolerance: float
) -> None:
    """Relative to each tensor's gradient; to the network's where it vanishes but for rounding."""
    largest = max(float(v.grad.abs().max()) for v in others.values() if v.grad is not None)
    for name, value in own.items():
        wanted = others[name].grad
        assert (value.grad is None) == (wanted is None), name
        if value.grad is not None and wanted is not None:
            wanted = wanted.reshape(value.shape)
            assert _distance(value.grad, wanted, 1e-3 * largest) <= tolerance, name


def _distance(one: torch.Tensor, other: torch.Tensor, least: float = 0.0) -> float:
    one, other = one.detach(), other.detach()
    return float((one - other).abs().max()) / max(float(other.abs().max()), least)
