"""Trained weights for a network: as they are, or for inference with norms folded into them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.graph.network import WeightGroup
from mgiad_dsl.graph.ops import Conv, Weighted
from mgiad_dsl.graph.weights import tensors
from mgiad_dsl.outline.names import entry
from mgiad_dsl.runtime.load import load

_EPSILON = nn.BatchNorm2d(1).eps


def new_weights(compiled: Compiled) -> dict[str, Tensor]:
    """The ``state_dict`` of a network before its training, the same at every call."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return load(compiled.python, compiled.name).state_dict()


def weights_for(
    compiled: Compiled, trained: Mapping[str, Tensor], source: object = "the state_dict"
) -> dict[str, Tensor]:
    """The ``state_dict`` of a network, made of that of the network as it was trained.

    Args:
        compiled: the network.
        trained: the weights, at any level of optimisation: names are the same at all of them.
        source: where they are from, for messages.

    Raises:
        SpecError: they are of another network.
    """
    _check(compiled, trained, source)
    made: dict[str, Tensor] = {}
    for group in compiled.network.groups.values():
        first, *norms = (compiled.written.groups[name] for name in group.made_of)
        own = _tensors(first, trained)
        for norm in norms:
            own = _folded(first.op, own, _tensors(norm, trained))
        made |= {entry(group, name): tensor for name, tensor in own.items()}
    return made


def _tensors(group: WeightGroup, trained: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a group, by their own names."""
    return {tensor.name: trained[entry(group, tensor.name)] for tensor in tensors(group.op)}


def _folded(
    op: Weighted, own: Mapping[str, Tensor], norm: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """``a (W x) + b = (a W) x + b``, computed in float64 and rounded once."""
    scale = norm["weight"].double() / (norm["running_var"].double() + _EPSILON).sqrt()
    shift = norm["bias"].double() - scale * norm["running_mean"].double()
    weight = _scaled(op, own["weight"].double(), scale)
    bias = scale * own["bias"].double() + shift if "bias" in own else shift
    dtype = own["weight"].dtype
    return {"weight": weight.to(dtype), "bias": bias.to(dtype)}


def _scaled(op: Weighted, weight: Tensor, scale: Tensor) -> Tensor:
    """A weight whose output channels are scaled; transposed, they are the second dimension."""
    if not (isinstance(op, Conv) and op.transposed):
        return weight * scale.view(-1, *(1 for _ in weight.shape[1:]))
    of_groups = scale.view(op.groups, 1, -1, *(1 for _ in op.kernel))
    return (weight.reshape(op.groups, -1, *weight.shape[1:]) * of_groups).reshape_as(weight)


def _check(compiled: Compiled, trained: Mapping[str, Tensor], source: object) -> None:
    """Raise SpecError unless weights have the names and the shapes of a network's."""
    wanted = {
        entry(group, tensor.name): tensor.shape
        for group in compiled.written.groups.values()
        for tensor in tensors(group.op)
    }
    wrong = next(iter(differences(wanted, trained).values()), None)
    if wrong:
        raise SpecError(
            f"{source} has the weights of another network than {compiled.title}: {wrong}",
            hint="compile the spec that was trained, with its variant and its --set",
        )


def differences(
    wanted: Mapping[str, tuple[int, ...]], given: Mapping[str, Tensor]
) -> dict[str, str]:
    """What is wrong with weights that should have these names and shapes: by name, in words."""
    missing = {name: f"{name} is missing" for name in wanted if name not in given}
    foreign = {name: f"{name} is none of its weights" for name in given if name not in wanted}
    misshapen = {
        name: f"{name} is {tuple(given[name].shape)} and should be {shape}"
        for name, shape in wanted.items()
        if name in given and tuple(given[name].shape) != shape
    }
    return missing | foreign | misshapen
