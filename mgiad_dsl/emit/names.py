"""Names of values and operators in the emitted source, taken from the spec."""

from __future__ import annotations

import keyword
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from mgiad_dsl.graph.network import Statement, WeightGroup

_Named = TypeVar("_Named", bound=Hashable)
Label = tuple[str, "tuple[int, ...] | None"]  # a space at its indices, or a let

# What the emitted file itself uses.
_TAKEN = frozenset({"F", "nn", "torch", "self", "pick", "REGIONS", "int", "list", "super", "dict"})

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


def label_of(statement: Statement) -> Label:
    return statement.target, statement.indices


def safe(name: str) -> str:
    """A name that Python and the emitted file leave free; different names stay different."""
    return _clear(name, _TAKEN)


def attribute(family: str) -> str:
    """The attribute that holds the operators of a family, and their ``state_dict`` prefix."""
    if family.startswith("_"):  # where nn.Module keeps what is its own
        return f"{family}_"
    return _clear(family, MODULE_ATTRIBUTES)


def _clear(name: str, taken: frozenset[str]) -> str:
    bare = name.rstrip("_")
    return f"{name}_" if keyword.iskeyword(bare) or bare in taken else name


def distinct(names: Mapping[_Named, str], used: set[str]) -> dict[_Named, str]:
    """The names, with an underscore behind one that is in ``used``, which grows by them."""
    found = {}
    for key, name in names.items():
        while name in used:
            name += "_"
        used.add(name)
        found[key] = name
    return found


def may_be_local(name: str, families: Iterable[str]) -> bool:
    """Whether a value or an operator inside a function may have this name (`u1_0`, `A_coarse`)."""
    ending = re.compile(r"(m?\d+(_m?\d+)*|_coarse|_[a-z]|_z\d+)?")
    return any(name.startswith(f) and ending.fullmatch(name[len(f) :]) for f in families)


def full(label: Label) -> str:
    """``u2_0`` for ``u[2,0]``: unique in the whole network."""
    name, indices = label
    return safe(name + "_".join(str(i).replace("-", "m") for i in indices or ()))


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
            names[members[0]] = safe(family)
        elif len(members) == 2 and _is_next(indices[0], indices[1]):
            names[(family, indices[0])] = safe(family)
            names[(family, indices[1])] = f"{family}_coarse"
        else:
            for label in members:
                inside = [i for at, i in enumerate(label[1] or ()) if _varies(indices, at)]
                names[label] = full((family, tuple(inside)))
    return names


def numbered(labels: Iterable[Label]) -> dict[Label, str]:
    """Like `shortened`, but spaces of several levels always carry their number."""
    labels = list(dict.fromkeys(labels))
    varying = {
        at
        for _, one in labels
        for _, other in labels
        for at in range(min(len(one or ()), len(other or ())))
        if (one or ())[at] != (other or ())[at]
    }
    return {
        (name, indices): full(
            (name, tuple(i for at, i in enumerate(indices) if at in varying))
            if indices is not None
            else (name, None)
        )
        for name, indices in labels
    }


def operator_names(groups: list[WeightGroup]) -> dict[str, str]:
    """Parameter names of the operators of one function: ``A``, ``A_coarse``, ``norm_a``."""
    families: dict[str, list[WeightGroup]] = {}
    for group in groups:
        families.setdefault(group.family, []).append(group)
    names: dict[str, str] = {}
    for family, members in families.items():
        keys = sorted(_key(group) for group in members)
        if len(members) == 1:
            names[members[0].name] = safe(family)
        elif len(members) == 2 and _is_next(keys[0], keys[1]):
            for group in members:
                names[group.name] = safe(family) if _key(group) == keys[0] else f"{family}_coarse"
        else:
            for number, group in enumerate(members):
                names[group.name] = f"{family}_{_letter(number)}"
    return names


def by_key(groups: list[WeightGroup]) -> list[WeightGroup]:
    """The operators of a family by their indices, or, without, by first use."""
    if all(_key(group) for group in groups):
        return sorted(groups, key=_key)
    return groups


def _key(group: WeightGroup) -> tuple[int, ...]:
    parts = group.key.replace("m", "-").split("_")
    return tuple(int(p) for p in parts) if all(p.lstrip("-").isdigit() for p in parts) else ()


def _is_next(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two indices are those of a level and the next coarser one."""
    steps = [b - a for a, b in zip(one, other, strict=False)]
    return len(one) == len(other) and sorted(steps) == [0] * (len(steps) - 1) + [1]


def _varies(indices: list[tuple[int, ...]], at: int) -> bool:
    return len({index[at : at + 1] for index in indices}) > 1


def _letter(number: int) -> str:
    return chr(ord("a") + number) if number < 26 else f"z{number}"
