"""Residuals that are carried on: each smoothing step updates the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Binary, is_linear
from mgiad_dsl.rewrite.replaced import replaced


def carry_residuals(network: Network) -> Network:
    """``f - A (u + d) = (f - A u) - A d``, where ``f - A u`` is known; ``(r + A u) - A u = r``.

    Neither costs more than before. But a coarser level has ``f = r + A u``, and when all its
    residuals follow from ``r``, nothing needs ``f`` and ``A u`` any more: one application of ``A``
    less on every level, as in the residual form of multigrid.
    """
    return _Residuals(network).carried()


class _Residuals:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._operations = dict(network.operations)
        self._known: dict[Hashable, str] = {}  # f - A u, by f, A and u
        self._same: dict[str, str] = {}
        self._alone = _used_once(network)

    def carried(self) -> Network:
        for name in self._network.operations:
            node = self._operations[name]
            inputs = tuple(self._same.get(each, each) for each in node.inputs)
            node = self._operations[name] = replace(node, inputs=inputs)
            if node.op == Binary("+"):
                self._learn_from_sum(node)
            elif node.op == Binary("-"):
                self._difference(node)
        changed = {
            name: node
            for name, node in self._operations.items()
            if node != self._network.operations[name]
        }
        return replaced(self._network, self._same, changed)

    def _learn_from_sum(self, f: Operation) -> None:
        """``f = r + A u``: then ``f - A u`` is ``r``."""
        for r, applied in (f.inputs, f.inputs[::-1]):
            if self._applies(applied) and self._shape(r) == f.shape == self._shape(applied):
                self._known[self._key(f.name, applied)] = r

    def _difference(self, node: Operation) -> None:
        f, applied = node.inputs
        if not self._applies(applied) or not self._shape(f) == node.shape == self._shape(applied):
            return
        key = self._key(f, applied)
        if key in self._known:
            self._same[node.name] = self._known[key]
            return
        self._known[key] = node.name
        if applied in self._alone:
            self._update(node, f, applied)

    def _update(self, node: Operation, f: str, applied: str) -> None:
        """Let a residual follow from that before the last correction ``d``."""
        operator = self._operations[applied]
        value = self._operations[operator.inputs[0]]
        if value.op != Binary("+"):
            return
        for u, d in (value.inputs, value.inputs[::-1]):
            before = self._known.get((f, operator.op, operator.group, u))
            if before is not None and self._shape(d) == value.shape:
                self._operations[applied] = replace(operator, inputs=(d,))
                self._operations[node.name] = replace(node, inputs=(before, applied))
                return

    def _applies(self, name: str) -> bool:
        """Whether a value is that of a linear operator with weights."""
        node = self._operations[name]
        return node.group is not None and is_linear(node.op)

    def _key(self, f: str, applied: str) -> Hashable:
        node = self._operations[applied]
        return f, node.op, node.group, node.inputs[0]

    def _shape(self, name: str) -> tuple[int, ...]:
        return self._operations[name].shape


def _used_once(network: Network) -> set[str]:
    """Values that one operation works on, and that are no equation's."""
    uses = Counter(each for node in network.operations.values() for each in node.inputs)
    named = {equation.value for equation in network.equations()}
    return {name for name, number in uses.items() if number == 1 and name not in named}
