"""A compiled spec as the trainer takes it."""

from __future__ import annotations

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.graph import network as graph
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.weights import tensors
from mgiad_dsl.language.plain import plain
from mgiad_dsl.outline.names import entry
from mgiad_dsl.train.network import Network


def trainable(network: Compiled) -> Network:
    """A classifier ready to train.

    Raises:
        SpecError: it has not one image as input and one vector of class scores as output.
    """
    runs = network.network
    images = [each.shape for each in runs.operations.values() if isinstance(each.op, ops.Input)]
    scores = [runs.operations[name].shape for name in runs.outputs.values()]
    if len(images) != 1 or len(scores) != 1 or len(scores[0]) != 1 or not network.count.weights:
        raise SpecError(
            f"{network.name} is no classifier: the trainer takes networks with weights that "
            "map one image to one vector of class scores",
            hint="compile it, and train it in a loop of your own (examples/own_loop.py)",
        )
    channels, height, width = images[0]
    source = network.python

    def build():  # type: ignore[no-untyped-def]  # torch only when it is called
        from mgiad_dsl.runtime import load

        return load(source, network.name)

    return Network(
        name=network.title,
        build=build,
        input_shape=(channels, height, width),
        outputs=scores[0][0],
        weights=network.count.weights,
        macs=network.count.macs,
        spec_text=network.source.text,
        source=source,
        settings={p.name: plain(p.value) for p in network.spec.parameters},
        dead=dead_parameters(network.written),
    )


def dead_parameters(network: graph.Network) -> frozenset[str]:
    """Those whose sharing groups no output needs, by their names in the ``state_dict``."""
    live = network.live_groups()
    dead = [group for name, group in network.groups.items() if name not in live]
    return frozenset(
        entry(group, tensor.name)
        for group in dead
        for tensor in tensors(group.op)
        if tensor.trainable
    )
