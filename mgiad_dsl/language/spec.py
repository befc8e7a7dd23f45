"""The checked spec: parameters bound, names resolved, nothing evaluated that depends on a level.

Expressions stay syntax trees, since most of them differ from level to level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import core_schema

from mgiad_dsl.base.source import Span
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language import words
from mgiad_dsl.language.evaluate import Value, is_number, kind_of
from mgiad_dsl.language.plain import plain


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


def _text(node: object) -> str | None:
    span = getattr(node, "span", None)
    return span.text if isinstance(span, Span) else None


class _Kept:
    """A field that is kept as it is, and ``show`` gives its JSON.

    Pydantic does not look at its type: building schemas of the syntax tree takes 60 ms.
    """

    def __init__(self, show: Callable[[Any], object]) -> None:
        self._show = show

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        shown = core_schema.plain_serializer_function_ser_schema(self._show)
        return core_schema.any_schema(serialization=shown)


_Text = _Kept(_text)
_Texts = _Kept(lambda nodes: [_text(node) for node in nodes])

Expr = Annotated[ast.Expr, _Text]
Exprs = Annotated["tuple[ast.Expr, ...]", _Texts]
MaybeExpr = Annotated["ast.Expr | None", _Text]
MaybeDims = Annotated["ast.Dims | None", _Text]
Shown = Annotated[Any, _Kept(plain)]  # a Value
Where = Annotated[Span, _Kept(str)]


class Parameter(_Model):
    """A network parameter and the value it is bound to."""

    name: str
    default: Shown
    value: Shown
    span: Where

    @model_validator(mode="after")
    def _same_type(self) -> Parameter:
        if is_number(self.default):
            fits = is_number(self.value)
        elif isinstance(self.default, bool):
            fits = isinstance(self.value, bool)
        else:
            fits = self.value in self.choices
        if not fits:
            wanted = f"one of {', '.join(self.choices)}" if self.choices else kind_of(self.default)
            raise ValueError(f"`{self.name}` must be {wanted}, not {kind_of(self.value)}")
        return self

    @property
    def choices(self) -> tuple[str, ...]:
        """The words a word parameter may be set to."""
        return next((s for s in words.WORD_SETS if self.default in s), ())


class Hierarchy(_Model):
    """A range of levels, of resolutions or of channels.

    ``outer`` are the indices of the levels it is nested in: those its range depends on.
    """

    index: str
    outer: tuple[str, ...]
    range: Annotated[ast.Range, _Text]
    axis: words.Axis
    span: Where


class Space(_Model):
    """A family of spaces. One ``identity`` is one space; one ``sizes`` shares its sizes."""

    name: str
    indices: tuple[str, ...]
    identity: str
    sizes: str
    channels: Expr
    size: MaybeDims
    span: Where


class Operator(_Model):
    """A family of operators; its bracket indices name the sharing group.

    Of one that is ``wrong`` an error was reported: it can be neither applied nor made.
    """

    name: str
    indices: tuple[str, ...]
    domains: Exprs
    codomain: MaybeExpr
    kind: Annotated[ast.Kind, _Text]
    wrong: Annotated[bool, Field(exclude=True)]
    span: Where

    @property
    def starred(self) -> bool:
        """``norm[*]``: a new instance at every use."""
        return self.indices == ("*",)


class NetSpec(_Model):
    """A complete, checked network description: pure data."""

    name: str
    variant: str | None
    parameters: tuple[Parameter, ...]
    lets: Annotated[tuple[ast.Let, ...], _Texts]
    inputs: Annotated[tuple[ast.Input, ...], _Texts]
    hierarchies: tuple[Hierarchy, ...]
    spaces: tuple[Space, ...]
    operators: tuple[Operator, ...]
    starts: Annotated[tuple[ast.Start, ...], _Texts]
    steps: Annotated[tuple[ast.Step, ...], _Texts]
    cycles: Annotated[tuple[ast.Statement, ...], _Texts]
    outputs: Annotated[tuple[ast.Output, ...], _Texts]
    expects: Annotated[tuple[ast.Expect, ...], _Texts]
    published: Annotated[tuple[ast.Published, ...], _Texts]
    budgets: Annotated[tuple[ast.Budget, ...], _Texts]
    settings: tuple[str, ...]

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """In short: the name and the parameters. The whole is ``mgiad compile --emit spec``."""
        yield None, self.title
        for each in self.parameters:
            yield each.name, plain(each.value)

    @property
    def customised(self) -> bool:
        """Whether the user set parameters, so that the spec's claims do not apply."""
        return bool(self.settings)

    @property
    def claimed(self) -> tuple[ast.Published, ...]:
        """The published figures that apply."""
        return () if self.customised else self.published

    @property
    def changed(self) -> tuple[Parameter, ...]:
        """The parameters that the user set."""
        return tuple(p for p in self.parameters if p.name in self.settings)

    @property
    def title(self) -> str:
        """``mgnet:cifar100``"""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    @property
    def let_by_name(self) -> dict[str, ast.Let]:
        return {let.declared.name: let for let in self.lets}

    @property
    def values(self) -> dict[str, Value]:
        return {p.name: p.value for p in self.parameters}


# -- options of operators, once their expressions are evaluated ------------------------------

MAX_FACTOR = 64
MAX_RANK = 3  # dimensions of an image
Size = Annotated[int, Field(ge=1, le=4_096)]
Padding = Annotated[int, Field(ge=0, le=4_096)]


def _as_it_is(value: int, check: Callable[[int], int]) -> int:
    """Checked, but not made another integer: it may know more than its value."""
    check(value)
    return value


class Options(_Model):
    """What may follow an operator's kind, as numbers; absent ones are None or false."""

    kernel: tuple[Size, ...] | None = None
    stride: tuple[Size, ...] | None = None
    pad: tuple[Padding, ...] | None = None
    boundary: str = "zeros"
    dilation: tuple[Size, ...] | None = None
    group_size: Annotated[int, WrapValidator(_as_it_is), Field(ge=1)] | None = None
    init: str | None = None
    factor: Annotated[int, Field(ge=1, le=MAX_FACTOR)] | None = None
    depthwise: bool = False
    bias: bool = False
    transposed: bool = False
    fixed: bool = False
    learnable: bool = False
    nearest: bool = False
    linear: bool = False
    bilinear: bool = False
    trilinear: bool = False
