"""Names of values and operators in a program, taken from the spec."""

from __future__ import annotations

import keyword
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import chain, count
from typing import TypeVar

from mgiad_dsl.graph.network import WeightGroup
from mgiad_dsl.outline.facts import Label

_Named = TypeVar("_Named", bound=Hashable)

# What the emitted file itself uses.
TAKEN = frozenset(
    [
        *("F", "nn", "torch", "Tensor", "Callable", "self", "super"),
        *("REGIONS", "lists", "channels_last", "Stencil1d", "Stencil2d", "Stencil3d"),
        *("ChannelNorm", "DropPath", "SmallGroups2d"),
        *("int", "float", "bool", "str", "list", "tuple", "dict", "range", "isinstance"),
    ]
)
# Attributes of torch.nn.Module (2.6 to 2.15), which an operator may not replace.
MODULE_ATTRIBUTES = frozenset(
    [
        "T_destination",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "reset_parameters",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    ]
)


def safe(name: str) -> str:
    """A name that Python and the emitted file leave free; different names stay different."""
    return _clear(name, TAKEN)


def attribute(family: str) -> str:
    """The attribute that holds the operators of a family, and their ``state_dict`` prefix."""
    if re.match("_(?!_)", family):  # where nn.Module keeps what is its own
        return f"{family}_"
    return _clear(family, MODULE_ATTRIBUTES)


def entry(group: WeightGroup, tensor: str) -> str:
    """``A.2_0.weight``: what a tensor of a sharing group is called in the ``state_dict``."""
    return ".".join(filter(None, (attribute(group.family), group.key, tensor)))


def _clear(name: str, taken: frozenset[str]) -> str:
    """Names that are a taken one but for underscores at the end get one more."""
    if re.match("x*__", name):  # Python mangles it inside a class; x__a stays apart from __a
        return f"x{name}_"
    bare = name.rstrip("_")
    shorter = {name[:end] for end in range(len(bare), len(name) + 1)}
    return f"{name}_" if keyword.iskeyword(bare) or shorter & taken else name


def class_name(spec: str) -> str:
    """``MgnetHexu`` for ``mgnet_hexu``"""
    name = "".join(word[:1].upper() + word[1:] for word in spec.split("_"))
    if not name or name[0].isdigit():
        name = f"Network{name}"
    return f"{name}Network" if name in TAKEN or keyword.iskeyword(name) else name


def article(kind: str) -> str:
    """A V cycle, an F cycle."""
    return "An" if kind == "F" else "A"


class Namespace:
    """The names that are used in one function."""

    def __init__(self, used: Iterable[str] = ()) -> None:
        self._used = set(used)

    def __contains__(self, name: str) -> bool:
        return name in self._used

    def __iter__(self) -> Iterator[str]:
        return iter(self._used)

    def take(self, name: str) -> str:
        """The name, with a number behind it if something else has it."""
        first = safe(name)
        names = chain([first], (f"{first}_{number}" for number in count(2)))
        found = next(name for name in names if name not in self._used)
        self._used.add(found)
        return found


def distinct(names: Mapping[_Named, str], space: Namespace) -> dict[_Named, str]:
    """The names, each taken in a namespace."""
    return {key: space.take(name) for key, name in names.items()}


def full(label: Label) -> str:
    """``u2_0`` for ``u[2,0]``: unique in the whole network."""
    name, indices = label
    return name + "_".join(str(i).replace("-", "m") for i in indices or ())


def shortened(labels: Iterable[Label]) -> dict[Label, str]:
    """Names that leave out what does not differ inside one function.

    One space of a family is ``u``; a space and its next coarser one are ``u`` and
    ``u_coarse``; more are numbered by the index on which they differ.
    """
    families: dict[str, list[Label]] = {}
    for label in dict.fromkeys(labels):
        families.setdefault(label[0], []).append(label)
    names: dict[Label, str] = {}
    for family, members in families.items():
        indices = sorted(label[1] or () for label in members)
        if len(members) == 1:
            names[members[0]] = family
        elif len(members) == 2 and is_next(indices[0], indices[1]):
            names[(family, indices[0])] = family
            names[(family, indices[1])] = f"{family}_coarse"
        else:
            for label in members:
                inside = [i for at, i in enumerate(label[1] or ()) if _varies(indices, at)]
                names[label] = full((family, tuple(inside)))
    return names


def numbered(labels: Iterable[Label]) -> dict[Label, str]:
    """Like `shortened`, but spaces of several levels always carry their number."""
    labels = list(dict.fromkeys(labels))
    longest = max((len(indices or ()) for _, indices in labels), default=0)
    seen = [{(i or ())[at] for _, i in labels if at < len(i or ())} for at in range(longest)]
    return {
        (name, indices): full(
            (name, tuple(i for at, i in enumerate(indices) if len(seen[at]) > 1))
            if indices is not None
            else (name, None)
        )
        for name, indices in labels
    }


def operator_names(groups: Iterable[WeightGroup]) -> dict[str, str]:
    """Parameter names of the operators of one function: ``A``, ``A_coarse``, ``B_1``."""
    families: dict[str, list[WeightGroup]] = {}
    for group in groups:
        families.setdefault(group.family, []).append(group)
    names: dict[str, str] = {}
    for family, members in families.items():
        keys = sorted(group.indices for group in members)
        if len(members) == 1:
            names[members[0].name] = family
        elif len(members) == 2 and is_next(keys[0], keys[1]):
            for group in members:
                coarse = group.indices != keys[0]
                names[group.name] = f"{family}_coarse" if coarse else family
        else:
            for number, group in enumerate(members, 1):
                names[group.name] = f"{family}_{number}"
    return names


def is_next(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two indices are those of a level and the next coarser one."""
    steps = [b - a for a, b in zip(one, other, strict=False)]
    return len(one) == len(other) and sorted(steps) == [0] * (len(steps) - 1) + [1]


def _varies(indices: list[tuple[int, ...]], at: int) -> bool:
    return len({index[at : at + 1] for index in indices}) > 1
