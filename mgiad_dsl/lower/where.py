"""Where in the cycles something runs: for names, for messages, and for the place of a norm."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mgiad_dsl.graph.tree import Role, loop_name, part_name, visit_name


@dataclass(frozen=True)
class Where:
    """A way through the cycles.

    Attributes:
        name: a name part, ``l2_k0_pre1``.
        words: the same for messages, ``l = 2, k = 0, pre 1``.
        numbers: the levels, visits and passes on the way, for an order.
        path: where a norm that is new at every use lies, ``("l2_pre", 0)``: the part, the number
            of the pass from 0 where a part says that it repeats, and so on inside it.
        visit: the name part of the innermost visit of a level, ``k0``.
    """

    name: str = ""
    words: str = ""
    numbers: tuple[int, ...] = ()
    path: tuple[str | int, ...] = ()
    visit: str = ""

    def start(self) -> Where:
        return self._inside("start", "start", (), ("start",))

    def output(self, name: str) -> Where:
        return self._inside("output", "output", (), (f"output_{name}",))

    def level(self, index: str, level: int, visit: int) -> Where:
        """A visit of a level, from 1; the second one is ``l2v2``."""
        again = (visit,) if visit > 1 else ()
        name = visit_name(index, level, visit)
        return replace(self._inside(name, f"{index} = {level}", (level, *again), ()), visit=name)

    def part(self, role: Role) -> Where:
        """A part of the visit that this is."""
        return self._inside(role, role, (), (part_name(self.visit, role),))

    def repeated(self, number: int, first: int) -> Where:
        """The pass ``number`` of a part that repeats from ``first`` on."""
        shown = f"{number}".replace("-", "m")
        return Where(
            self.name + shown,
            f"{self.words} {number}",
            (*self.numbers, number),
            (*self.path, number - first),
        )

    def looped(self, index: str, number: int, first: int) -> Where:
        """The pass ``index = number`` of a loop that runs from ``first`` on."""
        name = f"{index}{number}".replace("-", "m")
        path = (loop_name(index), number - first)
        return self._inside(name, f"{index} = {number}", (number,), path)

    def beside_cycles(self) -> Where:
        """The equations of a body that has cycles too, whose norms have names of their own."""
        return replace(self, path=(*self.path, "own"))

    def _inside(
        self, name: str, words: str, numbers: tuple[int, ...], path: tuple[str | int, ...]
    ) -> Where:
        return Where(
            f"{self.name}_{name}" if self.name else name,
            f"{self.words}, {words}" if self.words else words,
            (*self.numbers, *numbers),
            (*self.path, *path),
        )
