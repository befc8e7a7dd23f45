"""What the trainer needs to know of a compiled spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.compiler import Compiled, compile_source
from mgiad_dsl.graph import network as graph
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.weights import tensors
from mgiad_dsl.language.plain import plain

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]  # of one sample: (C, H, W), (classes,)


def shown(shape: Shape) -> str:
    """``3x32x32``"""
    return "x".join(map(str, shape))


LEVELS = 12  # more halvings than any grid has


@dataclass(frozen=True)
class Network:
    """A compiled spec, ready to train.

    ``build`` executes the emitted source and returns a freshly initialised module (random
    numbers from torch's global generator). It maps ``inputs``, samples (n, ...) in this order,
    to the ``output`` (n, ...). ``weights`` and ``macs`` (multiply-adds for one sample) are the
    compiler's counts; ``dead`` are the parameters that it has warned of: no output needs them.
    ``settings`` are the values of all parameters; those ``given`` by the user are not to be
    changed.
    """

    name: str
    build: Callable[[], nn.Module]
    inputs: dict[str, Shape]
    output: Shape
    weights: int
    macs: int
    spec_text: str
    source: str
    settings: dict[str, object]
    dead: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    compile: Callable[[Mapping[str, object]], Network] | None = None  # with some settings changed


def trainable(compiled: Compiled) -> Network:
    """A compiled network as the trainer takes it.

    Raises:
        SpecError: it has no weights, or not one output.
    """
    runs = compiled.network
    nodes = [(each.op, each.shape) for each in runs.operations.values()]
    inputs = {op.name: tuple(shape) for op, shape in nodes if isinstance(op, ops.Input)}
    outputs = [tuple(runs.operations[name].shape) for name in runs.outputs.values()]
    if not inputs or len(outputs) != 1 or not compiled.count.weights:
        raise SpecError(
            f"{compiled.name} cannot be trained: the trainer takes networks with inputs, weights "
            "and one output",
            hint="compile it, and train it in a loop of your own (examples/own_loop.py)",
        )
    source, text, level = compiled.python, compiled.source, compiled.level
    settings = {p.name: plain(p.value) for p in compiled.spec.parameters}

    def build():  # type: ignore[no-untyped-def]  # torch only when it is called
        from mgiad_dsl.runtime import load

        return load(source, compiled.name)

    def again(changes: Mapping[str, object]) -> Network:
        changed = {p.name: plain(p.value) for p in compiled.spec.changed} | dict(changes)
        return trainable(compile_source(text, compiled.spec.variant, changed, level))

    return Network(
        name=compiled.title,
        build=build,
        inputs=inputs,
        output=outputs[0],
        weights=compiled.count.weights,
        macs=compiled.count.macs,
        spec_text=text.text,
        source=source,
        settings=settings,
        dead=dead_parameters(compiled.written),
        given=frozenset(compiled.spec.settings),
        compile=again,
    )


def dead_parameters(network: graph.Network) -> frozenset[str]:
    """Those whose sharing groups no output needs, by their names in the ``state_dict``."""
    from mgiad_dsl.outline.names import entry  # what only counts does not load the outline

    live = network.live_groups()
    dead = [group for name, group in network.groups.items() if name not in live]
    return frozenset(
        entry(group, tensor.name)
        for group in dead
        for tensor in tensors(group.op)
        if tensor.trainable
    )


def compiled_again(name: str, spec_text: str, settings: Mapping[str, object]) -> Network:
    """The network of a run, from what its folder holds. Raises SpecError."""
    return trainable(compile_source(Source(name, spec_text), None, settings))


def fitted(network: Network, side: int, fits: Callable[[Network], bool]) -> Network | None:
    """The network, with a parameter set otherwise if it has to be, so that it ``fits``.

    Tried are those that the user has not given: the one called ``size``, which is a number of
    points, here ``side``; then any other whole number, as one of levels. None if nothing fits.
    """
    if fits(network):
        return network
    if network.compile is None:
        return None
    for changes in _changes(network, side):
        try:
            changed = network.compile(changes)
        except SpecError:  # not a value that the spec allows
            continue
        if fits(changed):
            return changed
    return None


def _changes(network: Network, side: int) -> Iterator[dict[str, object]]:
    free = {
        name: value
        for name, value in network.settings.items()
        if name not in network.given and isinstance(value, int) and not isinstance(value, bool)
    }
    if "size" in free:
        yield {"size": side}
    for name, value in free.items():
        yield from ({name: other} for other in (side, *range(1, LEVELS)) if other != value)
