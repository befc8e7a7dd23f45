"""The operators of a network as PyTorch modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeAlias

from typing_extensions import assert_never

from mgiad_dsl.emit.expressions import decimal, number, pair
from mgiad_dsl.emit.helpers import conv_class, stencil_class
from mgiad_dsl.emit.layout import INDENT, WIDTH, Call, Display, lines
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import WeightGroup
from mgiad_dsl.graph.ops import Weighted
from mgiad_dsl.outline.names import attribute
from mgiad_dsl.outline.program import Program

# Operators by their keys, norms in lists and dicts by their place.
Tree: TypeAlias = "Weighted | list[Tree] | dict[str, Tree]"

_LOOPS = ("key", "inner", "part", "one", "other")


def definitions(program: Program) -> Iterator[str]:
    """The lines of ``__init__`` that make the operators, one family after another.

    What is not used ends with a blank line.
    """
    for unused, families in groupby(program.families, lambda f: program.unused.get(f[0].family)):
        if unused:
            yield f"{INDENT * 2}# {unused}"
        for tree, equal in groupby(families, _tree):
            yield from _families(tree, [f"self.{attribute(f[0].family)}" for f in equal])
        if unused:
            yield ""


def _families(tree: Tree, targets: list[str]) -> Iterator[str]:
    """Families that are made equal."""
    if not isinstance(tree, dict) or len(targets) == 1:
        for target in targets:
            yield from _assign(target, tree, 2, 0)
        return
    together = f"{INDENT * 2}{', '.join(targets)} = {', '.join([_dict(tree)] * len(targets))}"
    each = [f"{INDENT * 2}{target} = {_dict(tree)}" for target in targets]
    yield from [together] if len(together) <= WIDTH else each
    yield f"{INDENT * 2}for family in ({', '.join(targets)}):"
    yield from _entries("family", tree, 3, 0)


def _tree(members: Sequence[WeightGroup]) -> Tree:
    """The operators of a family as they lie in it."""
    if not members[0].key:
        return _built(members[0])
    if not members[0].path:
        return {group.key: _built(group) for group in members}
    tree: dict[str, Tree] = {}
    for group in members:
        _place(tree, group.path, _built(group))
    return tree


def _built(group: WeightGroup) -> Weighted:
    """What is made for a group: a stencil is told its output padding at every use, and what weights
    start from is no matter of making them.
    """
    op = group.op
    if isinstance(op, (ops.Conv, ops.Linear)):
        return replace(op, initial="")
    return replace(op, output_padding=()) if isinstance(op, ops.Stencil) else op


def _place(tree: dict[str, Tree] | list[Tree], path: Sequence[str | int], op: Weighted) -> None:
    """Put an operator at its place, in lists and dicts that are made on the way."""
    first, rest = path[0], path[1:]
    empty: Tree = [] if rest and isinstance(rest[0], int) else {}
    if isinstance(tree, dict):
        assert isinstance(first, str)
        inner = tree.setdefault(first, empty if rest else op)
    else:
        assert isinstance(first, int)
        tree.extend([] for _ in range(first - len(tree)))  # passes without a norm
        if first == len(tree):
            tree.append(empty if rest else op)
        inner = tree[first]
    if rest:
        assert isinstance(inner, (dict, list))
        _place(inner, rest, op)


def _assign(target: str, tree: Tree, indent: int, depth: int) -> Iterator[str]:
    """``target = ...``, and what lies in it."""
    margin = INDENT * indent
    if isinstance(tree, dict):
        only = f"{margin}{target} = {_only(tree)}"
        if _only(tree) and len(only) <= WIDTH:
            yield only
            return
        yield f"{margin}{target} = {_dict(tree)}"
        yield from _entries(target, tree, indent, depth)
    elif isinstance(tree, list) and _counts(tree) is None:
        yield from lines(Call(f"{target} = nn.ModuleList", (_kinds(tree),)), indent)
        yield from _items(target, tree, indent, depth)
    else:
        made = _made(tree)
        yield from lines(replace(made, head=f"{target} = {made.head}"), indent)


def _items(target: str, items: list[Tree], indent: int, depth: int) -> Iterator[str]:
    """What lies in the lists and dicts of a list; equal dicts are filled in a loop."""
    first = items[0]
    if isinstance(first, dict) and len(items) > 1 and all(item == first for item in items):
        name = _loop(depth) if depth else "each"
        yield f"{INDENT * indent}for {name} in {target}:"
        yield from _entries(name, first, indent + 1, depth + 1)
        return
    for at, item in enumerate(items):
        if isinstance(item, dict):
            yield from _entries(f"{target}[{at}]", item, indent, depth)
        elif isinstance(item, list):
            for inner in item:
                yield from lines(_append(f"{target}[{at}]", inner), indent)


def _entries(target: str, tree: dict[str, Tree], indent: int, depth: int) -> Iterator[str]:
    """The entries of a dict; equal ones that follow each other are made in a loop."""
    for inner, run in groupby(tree, lambda key: tree[key]):
        keys = list(run)
        if len(keys) == 1:
            yield from _assign(f'{target}["{keys[0]}"]', inner, indent, depth)
            continue
        name = _loop(depth)
        quoted = tuple(f'"{key}"' for key in keys)
        yield from lines(Display(f"for {name} in ", quoted, ":"), indent)
        yield from _assign(f"{target}[{name}]", inner, indent + 1, depth + 1)


def _loop(depth: int) -> str:
    """The variable of a loop inside so many others."""
    return _LOOPS[min(depth, len(_LOOPS) - 1)]


def _only(tree: dict[str, Tree]) -> Call | None:
    """A dict with its entry, if that is the only one and takes no loops."""
    key, inner = next(iter(tree.items()))
    if len(tree) > 1 or isinstance(inner, dict) or _counts(inner) is None:
        return None
    return Call(_dict(tree).removesuffix("()"), (f'{{"{key}": {_made(inner)}}}',))


def _dict(tree: dict[str, Tree]) -> str:
    scalars = any(isinstance(inner, ops.Scalar) for inner in tree.values())
    return f"nn.{'ParameterDict' if scalars else 'ModuleDict'}()"


def _kinds(tree: list[Tree]) -> str | Display:
    """Operators; else empty lists and dicts, to be filled."""
    kinds = ["nn.ModuleDict()" if isinstance(inner, dict) else "nn.ModuleList()" for inner in tree]
    made = [construct(inner) for inner in tree if not isinstance(inner, (dict, list))]
    if len(made) == len(tree):
        return Display("", tuple(map(str, made)), brackets=("[", "]"))
    if len(set(kinds)) == 1:
        return f"{kinds[0]} for _ in range({len(kinds)})"
    return Display("", tuple(kinds), brackets=("[", "]"))


def _append(target: str, item: Tree) -> Call:
    return Call(f"{target}.append", (_made(item),))


def _made(tree: Tree) -> Call:
    """An operator, or lists of equal ones."""
    if isinstance(tree, list):
        op, counts = _counts(tree) or (None, ())
        assert op is not None
        return Call("lists", (f"lambda: {construct(op)}", *map(str, counts)))
    assert not isinstance(tree, dict)
    return construct(tree)


def _counts(tree: Tree) -> tuple[Weighted, tuple[int, ...]] | None:
    """The operator and the lengths of lists in lists that hold nothing but equal ones."""
    if isinstance(tree, dict):
        return None
    if not isinstance(tree, list):
        return tree, ()
    if not tree or any(inner != tree[0] for inner in tree):
        return None
    inside = _counts(tree[0])
    return inside and (inside[0], (len(tree), *inside[1]))


def uses_lists(program: Program) -> bool:
    """Whether the definitions need the function ``lists``."""
    return any(_has_counts(_tree(members)) for members in program.families)


def _has_counts(tree: Tree) -> bool:
    if isinstance(tree, list) and _counts(tree) is not None:
        return True
    inside = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return any(map(_has_counts, inside))


def construct(op: Weighted) -> Call:
    """The call that makes a module, or the learnable number, of an operation."""
    match op:
        case ops.Conv():
            return _conv(op)
        case ops.Stencil():
            return _stencil(op)
        case ops.Linear(features_in=n, features_out=m):
            return Call("nn.Linear", (str(n), str(m)))
        case ops.BatchNorm(channels=c, dimensions=dimensions):
            return Call(f"nn.BatchNorm{dimensions}d", (str(c),))
        case ops.GroupNorm(channels=c, groups=g):
            return Call("nn.GroupNorm", (str(g), str(c)))
        case ops.LayerNorm(channels=c):
            return Call("ChannelNorm", (str(c),))
        case ops.PReLU(channels=c):
            return Call("nn.PReLU", (str(c),))
        case ops.Dropout(p):
            return Call("nn.Dropout", (decimal(float(p)),))
        case ops.DropPath(p):
            return Call("DropPath", (decimal(float(p)),))
        case ops.Scalar(initial=value):
            return Call("nn.Parameter", (f"torch.tensor({decimal(float(value))})",))
        case _:
            assert_never(op)


def _conv(op: ops.Conv) -> Call:
    arguments = [str(op.channels_in), str(op.channels_out), pair(op.kernel), *_geometry(op)]
    if any(op.output_padding):
        arguments.append(f"output_padding={pair(op.output_padding)}")
    if op.groups != 1:
        arguments.append(f"groups={op.groups}")
    if not op.bias:
        arguments.append("bias=False")
    if op.boundary != "zeros":
        arguments.append(f'padding_mode="{op.boundary}"')
    if op.joins:
        return Call("SmallGroups2d", (*arguments, f"together={op.together}"))
    return Call(f"nn.{conv_class(op)}", tuple(arguments))


def _stencil(op: ops.Stencil) -> Call:
    arguments: list[str | Display] = [_nested(op.rows), f"learnable={not op.fixed}", *_geometry(op)]
    if op.transposed:
        arguments.append("transposed=True")
    if op.boundary != "zeros":
        arguments.append(f'boundary="{op.boundary}"')
    return Call(stencil_class(op), tuple(arguments))


def _nested(rows: ops.Rows) -> Display:
    """Numbers, in lists as deep as the image has dimensions."""
    inside = tuple(_nested(row) if isinstance(row, tuple) else number(row) for row in rows)
    return Display("", inside, brackets=("[", "]"))


def _geometry(op: ops.Conv | ops.Stencil) -> list[str]:
    values = {"stride": (op.stride, 1), "padding": (op.padding, 0), "dilation": (op.dilation, 1)}
    return [
        f"{key}={pair(value)}" for key, (value, plain) in values.items() if set(value) != {plain}
    ]
