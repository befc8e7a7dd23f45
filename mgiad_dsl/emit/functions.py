"""Functions as Python."""

from __future__ import annotations

from textwrap import TextWrapper

from mgiad_dsl.emit.layout import INDENT, WIDTH, Call, lines
from mgiad_dsl.emit.statements import statements
from mgiad_dsl.outline.program import Formal, Function, ParameterKind

_WRAPPER = TextWrapper(
    WIDTH - len(INDENT) - len('""""""'), subsequent_indent=INDENT, break_on_hyphens=False
)
_TYPES: dict[ParameterKind, str] = {
    "index": "int",
    "value": "Tensor",
    "known": "Tensor | None",
    "operator": "nn.Module",
    "scalar": "Tensor",
    "norms": "nn.ModuleList",
    "parts": "nn.ModuleDict",
}


def function(made: Function) -> str:
    """A function with its equations as docstring."""
    return _definition(made, tuple(map(_formal, made.parameters)), 0)


def method(made: Function) -> str:
    """A function of the module."""
    return _definition(made, ("self", *map(_formal, made.parameters)), 1)


def _definition(made: Function, parameters: tuple[str, ...], indent: int) -> str:
    head = lines(Call(f"def {made.name}", parameters, f" -> {results(made.results)}:"), indent)
    return "\n".join(
        [*head, *doc(made.doc, INDENT * (indent + 1)), *statements(made.body, indent + 1)]
    )


def results(number: int) -> str:
    """The type of so many tensors."""
    return "Tensor" if number == 1 else f"tuple[{', '.join(['Tensor'] * number)}]"


def _formal(formal: Formal) -> str:
    default = " = None" if formal.kind == "known" else ""
    return f"{formal.name}: {_TYPES[formal.kind]}{default}"


def doc(texts: tuple[str, ...], margin: str) -> list[str]:
    """A docstring; where a text goes on in the next line, it is indented if others follow."""
    _WRAPPER.subsequent_indent = INDENT if len(texts) > 1 else ""
    first, *rest = [line for text in texts for line in _WRAPPER.wrap(text)]
    if not rest:
        return [f'{margin}"""{first}"""']
    return [f'{margin}"""{first}', *(f"{margin}{line}" for line in rest), f'{margin}"""']
