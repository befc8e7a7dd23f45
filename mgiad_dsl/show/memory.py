"""The memory of networks as tables and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mgiad_dsl.base.amounts import shown
from mgiad_dsl.base.tables import Cell, Column, Table, tabulated
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.graph.describe import kind, level

if TYPE_CHECKING:  # not needed to count
    from mgiad_dsl.counting.memory import Memory
    from mgiad_dsl.counting.saved import Saved


@dataclass(frozen=True)
class Fit:
    """The memory of a network; with ``room``, a row for the largest batch that trains in it."""

    network: Compiled
    memory: Memory
    room: int | None


def tables(fit: Fit) -> list[Table]:
    """The totals of one network, and where the saved tensors come from."""
    memory, saved = fit.memory, "saved for the backward pass"
    parts = [
        _by(memory, f"{saved}, by operation", "operation", _operation),
        _by(memory, f"{saved}, by level", "level", _level),
    ]
    return [_overview(fit), *(parts if memory.saved else [])]


def _overview(fit: Fit) -> Table:
    memory = fit.memory
    title = f"{fit.network.title}: memory for a batch of {memory.batch:,} in {memory.dtype.name}"
    amounts = (
        ("training", memory.training, "the sum of these:"),
        ("  weights", memory.weights, "and buffers"),
        ("  gradients", memory.gradients, "of weights on a path to an output"),
        ("  momentum", memory.momentum, "of SGD"),
        ("  saved", memory.saved, "for the backward pass, each tensor once"),
        ("inference", memory.inference, "the sum of these:"),
        ("  weights", memory.weights, "and buffers"),
        ("  peak", memory.peak, "of values alive at once, inputs among them"),
    )
    rows: list[tuple[Cell, ...]] = [(name, n, shown(n), note) for name, n, note in amounts]
    if fit.room is not None:
        rows.append(("largest batch", _largest(fit), "", f"that trains in {shown(fit.room)}"))
    return Table(title, ("", "bytes", "", ""), tuple(rows))


def _largest(fit: Fit) -> Cell:
    assert fit.room is not None
    batch = fit.memory.largest(fit.room)
    return "any" if batch is None else batch


# -- saved tensors, summed -----------------------------------------------------------------

_Part: TypeAlias = "tuple[str, list[Saved]]"


def _by(memory: Memory, title: str, name: str, key: Callable[[Saved], str]) -> Table:
    columns: tuple[Column[_Part], ...] = (
        Column(name, lambda part: part[0]),
        Column("tensors", lambda part: len(part[1])),
        Column("bytes", lambda part: memory.of(part[1])),
        Column("share", lambda part: f"{memory.of(part[1]) / memory.saved:.1%}"),
    )
    return tabulated(title, columns, memory.by(key).items())


def _operation(saved: Saved) -> str:
    return kind(saved.by.op)


def _level(saved: Saved) -> str:
    return level(saved.of.place.levels) or "none"


# -- networks side by side -----------------------------------------------------------------

_FIT: tuple[Column[Fit], ...] = (
    Column("network", lambda fit: fit.network.title),
    Column("dtype", lambda fit: fit.memory.dtype.name),
    Column("batch", lambda fit: fit.memory.batch),
    Column("training", lambda fit: fit.memory.training),
    Column("saved", lambda fit: fit.memory.saved),
    Column("inference", lambda fit: fit.memory.inference),
    Column("peak", lambda fit: fit.memory.peak),
)


def comparison(fits: Sequence[Fit]) -> Table:
    """Networks side by side."""
    room = fits[0].room
    columns = list(_FIT)
    if room is not None:
        columns.append(Column(f"largest batch in {shown(room)}", _largest))
    return tabulated("memory in bytes", columns, fits)


# -- JSON ----------------------------------------------------------------------------------

_NUMBERS = (
    "batch", "training", "weights", "gradients", "momentum", "saved", "inference", "peak",
)  # fmt: skip


def facts(fit: Fit) -> dict[str, object]:
    """The same numbers under stable names (docs/count.md)."""
    memory = fit.memory
    room = {} if fit.room is None else {"room": fit.room, "largest": memory.largest(fit.room)}
    return {
        "dtype": memory.dtype.name,
        **{key: getattr(memory, key) for key in _NUMBERS},
        **room,
        "by_operation": _sums(memory, _operation),
        "by_level": _sums(memory, _level),
    }


def _sums(memory: Memory, key: Callable[[Saved], str]) -> dict[str, int]:
    return {name: memory.of(part) for name, part in memory.by(key).items()}
