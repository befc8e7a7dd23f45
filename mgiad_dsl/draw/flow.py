"""Which items of a story give the values that others work on."""

from __future__ import annotations

from mgiad_dsl.draw.story import Item, Transfer
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import Zeros


class Flow:
    """The flow of values between items that run one after the other.

    The values of a transfer are those of the item that it leads to.
    """

    def __init__(self, network: Network, items: tuple[Item, ...]) -> None:
        self._network = network
        self._items = items
        self._numbers: dict[str, int] = {}
        self._holders: dict[str, int] = {}
        for number, item in enumerate(items):
            holder = number + 1 if isinstance(item, Transfer) else number
            self._numbers[item.key] = holder
            for name in item.values:
                self._holders.setdefault(name, holder)

    def sources(self, item: Item) -> list[Item]:
        """The items whose values an item uses, in the order they run."""
        own = self._numbers.get(item.key)
        names = set(item.values)
        for name in item.values:
            if self._holders.get(name, own) == own:  # else it is a copy of another item's
                names.update(self._inputs(name))
        holders = {self._holders[name] for name in names if name in self._holders}
        return [self._items[number] for number in sorted(holders - {own})]

    def user(self, source: Item) -> Item | None:
        """The first item that uses a value of another one."""
        for item in self._items:
            if source in self.sources(item):
                return self._items[self._numbers[item.key]]
        return None

    def _inputs(self, name: str) -> tuple[str, ...]:
        """The values that an operation works on; a zero takes but its batch size from another."""
        node = self._network.operations[name]
        return () if isinstance(node.op, Zeros) else node.inputs
