"""``mgiad train``: a compiled spec as the trainer takes it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib.util import find_spec

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.specs import add_spec, compiled
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.graph import ops
from mgiad_dsl.language.plain import plain
from mgiad_dsl.train.command import add_train_arguments, train
from mgiad_dsl.train.network import Network

_EXAMPLES = """examples:
  mgiad train digits --data digits
  mgiad train mgnet --data cifar10 --data-dir ~/data --recipe paper
  mgiad train mgiad --set width=2 --data cifar100 --with epochs=5 --seeds 0,1,2
  mgiad train mgnet --data fake:3x32x32:10:5000 --with epochs=1
"""


def _add_arguments(command: ArgumentParser) -> None:
    add_spec(command)
    add_train_arguments(command)


def _run(options: Namespace) -> int:
    need_torch()
    train(trainable(compiled(options.spec, options)), options)
    return 0


def need_torch() -> None:
    """Raise SpecError where PyTorch is not installed."""
    if find_spec("torch") is None:
        raise SpecError("training needs PyTorch", hint='pip install "mgiad-dsl[torch]"')


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
    )


COMMAND = Command("train", "train a network", _EXAMPLES, _add_arguments, _run)
