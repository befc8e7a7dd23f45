"""How the weights of an emitted module start, where that is not as PyTorch makes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mgiad_dsl.emit.helpers import conv_class
from mgiad_dsl.emit.layout import INDENT, Display, lines
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import WeightGroup
from mgiad_dsl.outline.names import attribute
from mgiad_dsl.outline.program import Program

_CALLED = {"kaiming": "Kaiming (fan-out, relu)", "xavier": "Xavier", "zero": "Zero"}
_MADE = {
    "kaiming": 'nn.init.kaiming_normal_({}.weight, mode="fan_out", nonlinearity="relu")',
    "xavier": "nn.init.xavier_uniform_({}.weight)",
    "zero": "nn.init.zeros_({}.weight)",
}


def reset(program: Program) -> str:
    """The method ``reset_parameters``; empty where PyTorch's own weights, or none, are wanted."""
    if not program.initialised:
        return ""
    made = [group.op for members in program.families for group in members]
    started = [op for op in made if _initial(op) != "uniform"]
    convs = [op for op in made if isinstance(op, ops.Conv)]
    if not started:
        return ""
    if started == convs and all(_initial(op) == "kaiming" for op in started):
        called, body = f"{_CALLED['kaiming']} for convolutions.", _of_class(convs)
    else:
        kinds = [kind for kind in _MADE if kind in map(_initial, started)]
        called = f"{', '.join(_CALLED[kind] for kind in kinds)}."
        body = [line for kind in kinds for line in _of_members(program, kind)]
    return "\n".join(
        [
            f"{INDENT}def reset_parameters(self) -> None:",
            f'{INDENT * 2}"""{called}"""',
            *body,
            "",
        ]
    )


def _initial(op: ops.Weighted) -> str:
    return op.initial if isinstance(op, (ops.Conv, ops.Linear)) else "uniform"


def _of_class(convs: Sequence[ops.Conv]) -> list[str]:
    """All convolutions of the module."""
    classes = sorted({f"nn.{conv_class(op)}" for op in convs})
    kind = classes[0] if len(classes) == 1 else f"({', '.join(classes)})"
    return [
        f"{INDENT * 2}for module in self.modules():",
        f"{INDENT * 3}if isinstance(module, {kind}):",
        *_start("module", "kaiming", convs, 4),
    ]


def _of_members(program: Program, kind: str) -> Iterator[str]:
    """The operators that start alike, family by family."""
    chosen = [
        [group for group in members if _initial(group.op) == kind] for members in program.families
    ]
    names = [
        name
        for some, members in zip(chosen, program.families, strict=True)
        for name in _members(some, len(some) == len(members))
    ]
    made = [group.op for some in chosen for group in some]
    first, *others = names
    if not others and not first.startswith("*"):
        yield from _start(first, kind, made, 2)
        return
    if others:
        yield from lines(Display("for module in ", tuple(names), ":"), 2)
    else:
        yield f"{INDENT * 2}for module in {first.removeprefix('*')}:"
    yield from _start("module", kind, made, 3)


def _members(groups: Sequence[WeightGroup], whole: bool) -> Iterator[str]:
    """``self.P``, ``*self.A.values()``, ``self.A["1_0"]``"""
    for group in groups:
        owner = f"self.{attribute(group.family)}"
        if whole and group.key:
            yield f"*{owner}.values()"
            return
        yield f'{owner}["{group.key}"]' if group.key else owner


def _start(module: str, kind: str, made: Sequence[ops.Weighted], indent: int) -> list[str]:
    """What a module starts from, which is one of those made; biases start at zero."""
    margin = INDENT * indent
    biases = [isinstance(op, (ops.Conv, ops.Linear)) and op.bias for op in made]
    text = [f"{margin}{_MADE[kind].format(module)}"]
    if all(biases):
        text.append(f"{margin}nn.init.zeros_({module}.bias)")
    elif any(biases):
        text.append(f"{margin}if {module}.bias is not None:")
        text.append(f"{margin}{INDENT}nn.init.zeros_({module}.bias)")
    return text
