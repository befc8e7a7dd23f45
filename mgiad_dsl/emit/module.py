"""The whole file: docstring, steps, and one module class with its cycles."""

from __future__ import annotations

from collections.abc import Iterator

from mgiad_dsl.emit.fit import fit
from mgiad_dsl.emit.functions import doc, function, method
from mgiad_dsl.emit.helpers import helpers
from mgiad_dsl.emit.imports import imports
from mgiad_dsl.emit.initial import reset
from mgiad_dsl.emit.layout import INDENT, Call, Display, lines
from mgiad_dsl.emit.operators import definitions, uses_lists
from mgiad_dsl.emit.statements import statements
from mgiad_dsl.graph.ops import Shape
from mgiad_dsl.outline.program import Program


def emit(program: Program, about: tuple[str, ...]) -> str:
    """The Python source of a program: readable, deterministic, needing only torch.

    Args:
        program: the program.
        about: the lines of the file's docstring.
    """
    lists = uses_lists(program)
    printed = fit(program)
    parts = [
        '"""' + "\n".join(about) + ('"""\n' if len(about) == 1 else '\n"""\n'),
        imports(program, lists),
        *helpers(program, lists),
        *(f"\n{function(step)}\n" for step in printed.steps),
    ]
    if program.steps:
        names = tuple(step.name for step in program.steps)
        parts.append("\n# The steps that repeat: what torch.compile should compile once each.")
        parts.append("\n".join(lines(Display("REGIONS = ", names), 0)) + "\n")
    parts.append(_class(printed))
    return "\n".join(parts)


def _class(program: Program) -> str:
    inputs = [name for name, _ in program.inputs]
    initialiser = reset(program)
    made = [f"{INDENT * 2}super().__init__()", *definitions(program)]
    made += [f"{INDENT * 2}self.reset_parameters()"] if initialiser else []
    several = len(program.outputs) > 1
    result = "dict[str, Tensor]" if several else "Tensor"
    parameters = ("self", *(f"{name}: Tensor" for name in inputs))
    head = lines(Call("def forward", parameters, f" -> {result}:"), 1)
    return "\n".join(
        [
            f"\nclass {program.class_name}(nn.Module):",
            *doc((_shapes(program),), INDENT),
            "",
            f"{INDENT}def __init__(self) -> None:",
            "\n".join(made).rstrip(),
            "",
            *([initialiser] if initialiser else []),
            *(f"{method(cycle)}\n" for cycle in program.cycles),
            *head,
            *_laid_out(program),
            *statements(program.forward, 2),
            "",
        ]
    )


def _laid_out(program: Program) -> Iterator[str]:
    """Images with their channels last in memory, where that is decided."""
    images = program.channels_last
    training = "training" in images.values()
    if training:
        yield f"{INDENT * 2}if self.training:"
    yield from (f"{INDENT * (2 + training)}{name} = channels_last({name})" for name in images)


def _shapes(program: Program) -> str:
    """``image (N, 3, 32, 32) to logits (N, 10).``"""
    given = [_shape(name, node.shape) for name, node in program.inputs]
    made = [_shape(name, shape) for name, shape in program.outputs]
    return f"{', '.join(given)} to {', '.join(made)}."


def _shape(name: str, shape: Shape) -> str:
    return f"{name} (N, {', '.join(map(str, shape))})"
