"""Residuals that are carried on: each smoothing step updates the one before."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Binary, is_linear
from mgiad_dsl.rewrite.replaced import replaced


def carry_residuals(network: Network) -> Network:
    """``f - A (u + d) = (f - A u) - A d`` and ``f - A u = r``, where ``f = r + A u``.

    A coarser level has such an ``f``. With all its residuals following from ``r``, nothing needs
    ``f`` and ``A u`` any more, which saves one application of ``A`` on every level: where ``A`` is
    linear, the full approximation scheme is the correction scheme (Brandt, 1977).
    """
    return _Residuals(network).carried()


class _Residuals:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._operations = dict(network.operations)
        self._known: dict[Hashable, str] = {}  # f - A u, by f, A and u
        self._same: dict[str, str] = {}
        self._users: dict[str, list[str]] = {name: [] for name in network.operations}
        for name, node in network.operations.items():
            for each in node.inputs:
                self._users[each].append(name)
        self._named = {e.value for e in network.equations() if e.value is not None}

    def carried(self) -> Network:
        for name in self._network.operations:
            node = self._operations[name]
            inputs = tuple(self._same.get(each, each) for each in node.inputs)
            node = self._operations[name] = replace(node, inputs=inputs)
            if node.op == Binary("+") and self._only_for_residuals(name):
                self._learn(node)
            elif node.op == Binary("-"):
                self._carry(node)
        changed = {
            name: node
            for name, node in self._operations.items()
            if node != self._network.operations[name]
        }
        return replaced(self._network, self._same, changed)

    def _only_for_residuals(self, f: str) -> bool:
        """Whether a value is needed for nothing but ``f - A u``."""
        users = [self._network.operations[user] for user in self._users[f]]
        return f not in self._network.outputs.values() and all(
            user.op == Binary("-") and user.inputs[0] == f and self._applies(user.inputs[1])
            for user in users
        )

    def _learn(self, f: Operation) -> None:
        """``f = r + A u``: then ``f - A u`` is ``r``."""
        for r, applied in (f.inputs, f.inputs[::-1]):
            if self._applies(applied) and self._shape(r) == f.shape == self._shape(applied):
                self._known[self._key(f.name, applied)] = r

    def _carry(self, node: Operation) -> None:
        """A residual is a known one, or follows from that before the last correction ``d``."""
        f, applied = node.inputs
        if not self._applies(applied):
            return
        key = self._key(f, applied)
        if key in self._known:
            self._same[node.name] = self._known[key]
            return
        operator = self._operations[applied]
        value = self._operations[operator.inputs[0]]
        alone = self._users[applied] == [node.name] and applied not in self._named
        if value.op != Binary("+") or not alone:
            return
        for u, d in (value.inputs, value.inputs[::-1]):
            before = self._known.get((f, operator.op, operator.group, u))
            if before is not None and self._shape(d) == value.shape:
                self._operations[applied] = replace(operator, inputs=(d,))
                self._operations[node.name] = replace(node, inputs=(before, applied))
                self._known[key] = node.name
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
