"""From a compiled spec to what the trainer takes."""

from __future__ import annotations

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.graph import ops
from mgiad_dsl.train.network import Network


def trainable(compiled: Compiled) -> Network:
    """A classifier ready to train.

    Raises:
        SpecError: it has not one image as input and one vector of class scores as output.
    """
    network = compiled.network
    images = [node.shape for node in network.operations.values() if isinstance(node.op, ops.Input)]
    scores = [network.operations[name].shape for name in network.outputs.values()]
    if len(images) != 1 or len(scores) != 1 or len(scores[0]) != 1 or not compiled.count.weights:
        raise SpecError(
            f"{compiled.name} is no classifier: the trainer takes networks with weights that "
            "map one image to one vector of class scores",
            hint="compile it, and train it in a loop of your own (examples/own_loop.py)",
        )
    channels, height, width = images[0]
    source = compiled.python

    def build():  # type: ignore[no-untyped-def]  # torch only when it is called
        from mgiad_dsl.runtime import load

        return load(source, compiled.name)

    return Network(
        name=compiled.title,
        build=build,
        input_shape=(channels, height, width),
        outputs=scores[0][0],
        weights=compiled.count.weights,
        macs=compiled.count.macs,
        spec_text=compiled.source.text,
        source=source,
        settings={p.name: _plain(p.value) for p in compiled.spec.parameters},
    )


def _plain(value: object) -> object:
    return value if isinstance(value, (bool, int, str)) else str(value)
