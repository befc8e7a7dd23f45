"""What every space holds while the cycles run: its last value, or a zero without a size yet."""

from __future__ import annotations

from dataclasses import dataclass

from mgiad_dsl.base.report import PoisonedError
from mgiad_dsl.base.source import Note, Span, SpecError
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Place
from mgiad_dsl.language.rules import check_assigned
from mgiad_dsl.lower.builder import Builder
from mgiad_dsl.lower.spaces import Indices, Spaces
from mgiad_dsl.lower.values import Tensor, worth, worth_in
from mgiad_dsl.lower.where import Where

Key = tuple[str, Indices]


@dataclass(frozen=True)
class _Zero:
    """A zero that waits for the size of its space."""

    where: Where
    text: str
    span: Span


class Memory:
    """The values of spaces and inputs."""

    def __init__(self, spaces: Spaces, builder: Builder) -> None:
        self._spaces = spaces
        self._builder = builder
        self._values: dict[Key, Tensor | _Zero | None] = {}
        self._failed = False
        self._lost = False

    def input(self, name: str) -> None:
        """An input of the network has its value from the beginning."""
        declared = self._spaces.inputs[name]
        shape = self._spaces.input_shape(name)
        place = self._spaces.place(name, (), declared.span)
        self._values[name, ()] = self._builder.input(
            name, ops.Input(name), place, shape, declared.span
        )

    def read(self, name: str, indices: Indices, span: Span) -> Tensor:
        """The current value of a space or an input.

        Raises:
            SpecError: it has none.
            PoisonedError: an error reported before left it undefined.
        """
        place = self._spaces.place(name, indices, span)
        value = self._values.get((name, indices))
        if value is None:
            if self._lost or (name, indices) in self._values:
                raise PoisonedError
            raise SpecError(
                f"{place.label} is read before it is set",
                span,
                hint=f"give it a value in `start`, such as {place.label} = 0, or in a `coarsen`",
            )
        if isinstance(value, _Zero):
            if self._failed:  # it may have left the size unknown
                raise PoisonedError
            raise SpecError(
                f"{place.label} is 0, but its size is not known yet",
                span,
                hint="assign a value to a space declared in the same line before, or say its size",
                notes=(Note("set here", value.span),),
            )
        return value

    def lose(self) -> None:
        """An equation failed before it was known what it sets: any space may lack its value."""
        self._lost = self._failed = True

    def poison(self, key: Key) -> None:
        """The equation that sets this space failed."""
        self._values[key] = None
        self._failed = True

    def set(self, key: Key, value: Tensor, text: str, span: Span) -> None:
        """A space gets a value.

        Raises:
            SpecError: it is a value of another space, or of another size.
        """
        place = self._spaces.place(*key, span)
        self._check_place(value, place, span)
        new = self._spaces.settle(*key, value.size, span)
        tensor = Tensor(value.node, place, value.shape)
        self._hold(key, tensor)
        self._builder.place(self._builder.close(*key, tensor, text, span, place.span))
        if new:
            self._fill_zeros(*key)

    def _hold(self, key: Key, value: Tensor) -> None:
        """Keep a value; what was set last stands last."""
        self._values.pop(key, None)
        self._values[key] = value

    def _check_place(self, value: Tensor, place: Place, span: Span) -> None:
        if value.place == place:
            return
        if value.place.identity in self._spaces.inputs:
            channels = self._spaces.channels(place)
            if value.shape[0] == channels:
                return
            raise SpecError(
                f"{value.place.label} has {value.shape[0]} channels and {place.label} {channels}",
                span,
            )
        check_assigned(worth_in(place, place.label), worth(value), span)

    # -- zeros -------------------------------------------------------------------------------

    def set_zero(self, key: Key, where: Where, text: str, span: Span) -> None:
        """A space becomes zero, as soon as its size is known."""
        self._values[key] = _Zero(where, text, span)
        if self._spaces.size(*key) is not None:
            self._make_zero(key)

    def _fill_zeros(self, family: str, indices: Indices) -> None:
        """Zeros of spaces declared in one line with a space whose size is known by now."""
        sizes = self._spaces.families[family].sizes
        for space in self._spaces.families.values():
            key = (space.name, indices)
            if space.sizes == sizes and isinstance(self._values.get(key), _Zero):
                self._make_zero(key)

    def _make_zero(self, key: Key) -> None:
        zero, known = self._values[key], self._spaces.size(*key)
        assert isinstance(zero, _Zero)
        assert known is not None
        place = self._spaces.place(*key, zero.span)
        shape = (self._spaces.channels(place), *known.size)
        self._builder.open(zero.where, key[0])
        like = self._like(key, zero.span)
        tensor = self._builder.add(ops.Zeros(), (like,), place, zero.span, shape=shape)
        self._hold(key, tensor)
        self._builder.place(self._builder.close(*key, tensor, zero.text, zero.span, place.span))

    def _like(self, key: Key, span: Span) -> Tensor:
        """A tensor to take batch size, dtype and device from: the last of its size, or an input."""
        family, indices = key
        sizes = self._spaces.families[family].sizes
        for (name, where), value in reversed(self._values.items()):
            space = self._spaces.families.get(name)
            if space and where == indices and space.sizes == sizes and isinstance(value, Tensor):
                return value
        first = next(iter(self._spaces.inputs), None)
        if first is None:
            raise SpecError("a network without an input has no size", span)
        return self.read(first, (), span)
