"""Which items of a cycle give the values that others work on."""

from __future__ import annotations

from mgiad_dsl.draw.story import Block, Item, Transfer
from mgiad_dsl.graph.network import Network


class Flow:
    """The flow of values between the items of a cycle.

    The values of a transfer are those of the item that it leads to.
    """

    def __init__(self, network: Network, items: tuple[Item, ...]) -> None:
        self._network = network
        self._items = items
        self._holders: dict[str, int] = {}
        for number, item in enumerate(items):
            for name in item.operations:
                self._holders.setdefault(name, _holder(item, number))

    def sources(self, number: int) -> list[Item]:
        """The items whose values an item uses, in the order they run."""
        item = self._items[number]
        return [self._items[n] for n in self._used(item, _holder(item, number))]

    def shown(self, output: Block) -> Item:
        """The item whose value an output shows: the last one it depends on."""
        used = self._used(output, None)
        return self._items[used[-1] if used else -1]

    def _used(self, item: Item, own: int | None) -> list[int]:
        """Numbers of the items that hold what an item uses, without its ``own``."""
        names: set[str] = set()
        for name in item.operations:
            names.add(name)
            if self._holders.get(name) == own:  # else a rewrite took it from another item
                names.update(self._network.operations[name].inputs)
        holders = {self._holders[name] for name in names if name in self._holders}
        return sorted(holders - {own})


def _holder(item: Item, number: int) -> int:
    return number + 1 if isinstance(item, Transfer) else number
