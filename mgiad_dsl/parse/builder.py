"""Lark's tree to the classes of the syntax tree."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

from lark import Token, Transformer, v_args
from lark.tree import Meta

from mgiad_dsl.base.source import Source, Span
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.kinds import kind_named

_SUFFIX = {"k": 1_000, "M": 1_000_000}

Children: TypeAlias = "list[Any]"


@v_args(meta=True)
class Builder(Transformer[Token, Any]):
    """One method per grammar rule; nothing here can fail."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source

    def _span(self, meta: Meta) -> Span:
        return Span(self.source, meta.start_pos, meta.end_pos)

    def _token_span(self, token: Token) -> Span:
        return Span(self.source, token.start_pos or 0, token.end_pos or 0)

    def _named(self, token: Token) -> ast.Name:
        return ast.Name(str(token), self._token_span(token))

    def _literal(self, token: Token) -> ast.Number:
        return _number(str(token), self._token_span(token))

    # expressions

    def number(self, meta: Meta, children: Children) -> ast.Number:
        return self._literal(children[0])

    def boolean(self, meta: Meta, children: Children) -> ast.Boolean:
        return ast.Boolean(children[0] == "true", self._span(meta))

    def name(self, meta: Meta, children: Children) -> ast.Name:
        return self._named(children[0])

    def index(self, meta: Meta, children: Children) -> ast.Index:
        return ast.Index(str(children[0]), tuple(children[1:]), self._span(meta))

    def call(self, meta: Meta, children: Children) -> ast.Call:
        return ast.Call(children[0], tuple(children[1:]), self._span(meta))

    def list(self, meta: Meta, children: Children) -> ast.List:
        return ast.List(tuple(children), self._span(meta))

    def unary(self, meta: Meta, children: Children) -> ast.Unary:
        return ast.Unary(str(children[0]), children[1], self._span(meta))

    def binary(self, meta: Meta, children: Children) -> ast.Binary:
        return ast.Binary(children[0], str(children[1]), children[2], self._span(meta))

    def conditional(self, meta: Meta, children: Children) -> ast.Conditional:
        test, then, otherwise = children
        return ast.Conditional(test, then, otherwise, self._span(meta))

    def dims(self, meta: Meta, children: Children) -> ast.Dims:
        return ast.Dims(tuple(children[::2]), self._span(meta))

    window_dims = closed_dims = dims

    def option(self, meta: Meta, children: Children) -> ast.Option:
        value = children[1] if len(children) > 1 else None
        return ast.Option(str(children[0]), value, self._span(meta))

    def boundary(self, meta: Meta, children: Children) -> str:
        return str(children[0])

    def pad(self, meta: Meta, children: Children) -> ast.Option:
        width = next((child for child in children if isinstance(child, ast.Dims)), None)
        word = children[-1] if type(children[-1]) is str else None
        return ast.Option("pad", width, self._span(meta), boundary=word)

    def window(self, meta: Meta, children: Children) -> ast.Window:
        dims, *options = children
        return ast.Window(dims, tuple(options), self._span(meta))

    def lone_window(self, meta: Meta, children: Children) -> ast.Window:
        number, *options = children
        return ast.Window(ast.Dims((number,), number.span), tuple(options), self._span(meta))

    def range(self, meta: Meta, children: Children) -> ast.Range:
        return ast.Range(children[0], children[1], self._span(meta))

    # declarations

    def parameter(self, meta: Meta, children: Children) -> ast.Parameter:
        return ast.Parameter(str(children[0]), children[1], self._span(meta))

    def declared(self, meta: Meta, children: Children) -> ast.Declared:
        name, *indices = map(str, children)
        return ast.Declared(name, tuple(indices), self._span(meta))

    def let(self, meta: Meta, children: Children) -> ast.Let:
        return ast.Let(children[0], children[1], self._span(meta))

    def input(self, meta: Meta, children: Children) -> ast.Input:
        name, channels, *size = children
        return ast.Input(str(name), channels, tuple(size[1::2]), self._span(meta))

    def levels(self, meta: Meta, children: Children) -> ast.Levels:
        index, range_, axis = children
        return ast.Levels(str(index), range_, self._named(axis), self._span(meta))

    def same(self, meta: Meta, children: Children) -> tuple[ast.Declared, ...]:
        return tuple(children)

    def spaces(self, meta: Meta, children: Children) -> ast.Spaces:
        names = tuple(child for child in children if isinstance(child, tuple))
        channels, *size = children[len(names) :]
        return ast.Spaces(names, channels, size[0] if size else None, self._span(meta))

    def operators(self, meta: Meta, children: Children) -> Children:
        return children

    def domains(self, meta: Meta, children: Children) -> tuple[ast.Expr, ...]:
        return tuple(children)

    def signature(self, meta: Meta, children: Children) -> tuple[tuple[ast.Expr, ...], ast.Expr]:
        return children[0], children[1]

    def operator(self, meta: Meta, children: Children) -> ast.Operator:
        names = tuple(child for child in children if isinstance(child, ast.Declared))
        *signature, kind = children[len(names) :]
        domains, codomain = signature[0] if signature else ((), None)
        return ast.Operator(names, domains, codomain, kind, self._span(meta))

    def kind(self, meta: Meta, children: Children) -> ast.Kind:
        name, *rest = children
        options = tuple(child for child in rest if isinstance(child, ast.Option))
        argument = rest[0] if len(rest) > len(options) else None
        return ast.Kind(kind_named(name), argument, options, self._span(meta))

    # equations

    def block(self, meta: Meta, children: Children) -> tuple[ast.Statement, ...]:
        return tuple(children)

    def assign(self, meta: Meta, children: Children) -> ast.Assign:
        return ast.Assign(children[0], children[1], self._span(meta))

    def start(self, meta: Meta, children: Children) -> ast.Start:
        return ast.Start(children[0], self._span(meta))

    def step(self, meta: Meta, children: Children) -> ast.Step:
        return ast.Step(str(children[0]), children[1], self._span(meta))

    def output(self, meta: Meta, children: Children) -> ast.Output:
        return ast.Output(str(children[0]), children[1], self._span(meta))

    def once(self, meta: Meta, children: Children) -> tuple[None, Any]:
        return None, children[0]

    def times(self, meta: Meta, children: Children) -> tuple[ast.Repeat, Any]:
        count = children[0]
        one = ast.Number(Fraction(1), Fraction(1), count.span)
        return ast.Repeat(None, ast.Range(one, count, count.span), count.span), children[1]

    def over(self, meta: Meta, children: Children) -> tuple[ast.Repeat, Any]:
        index, range_, work = children
        return ast.Repeat(str(index), range_, self._token_span(index)), work

    def repeat(self, meta: Meta, children: Children) -> ast.Loop:
        index, range_, body = children
        repeat = ast.Repeat(str(index), range_, self._token_span(index))
        return ast.Loop(repeat, body, self._span(meta))

    def part(self, meta: Meta, children: Children) -> ast.Part:
        name, work = str(children[0]), children[1]
        repeat, what = (None, work) if name in ("coarsen", "correct") else work
        if isinstance(what, Token):
            return ast.Part(name, repeat, self._named(what), (), self._span(meta))
        return ast.Part(name, repeat, None, what, self._span(meta))

    def cycle(self, meta: Meta, children: Children) -> ast.Cycle:
        index, kind, *parts = children
        return ast.Cycle(self._named(index), kind, tuple(parts), self._span(meta))

    # claims, variants, the whole

    def expect(self, meta: Meta, children: Children) -> ast.Expect:
        return ast.Expect(str(children[0]), self._literal(children[1]), self._span(meta))

    def published(self, meta: Meta, children: Children) -> ast.Published:
        what, number, origin = children
        return ast.Published(str(what), self._literal(number), str(origin)[1:-1], self._span(meta))

    def budget(self, meta: Meta, children: Children) -> ast.Budget:
        what, sign, most, *rest = children
        unit = next((str(token) for token in rest if token.type == "UNIT"), None)
        batch = next((self._literal(token) for token in rest if token.type == "NUMBER"), None)
        return ast.Budget(str(what), str(sign), self._literal(most), unit, batch, self._span(meta))

    def setting(self, meta: Meta, children: Children) -> ast.Setting:
        return ast.Setting(str(children[0]), children[1], self._span(meta))

    def variant(self, meta: Meta, children: Children) -> ast.Variant:
        return ast.Variant(
            str(children[0]),
            _only(ast.Setting, children),
            _only(ast.Expect, children),
            _only(ast.Published, children),
            _only(ast.Budget, children),
            self._span(meta),
        )

    def network(self, meta: Meta, children: Children) -> tuple[Any, ...]:
        return str(children[0]), tuple(children[1:]), self._span(meta)

    def spec(self, meta: Meta, children: Children) -> ast.Spec:
        name, parameters, span = next(child for child in children if type(child) is tuple)
        operators = [o for child in children if isinstance(child, list) for o in child]
        return ast.Spec(
            name,
            parameters,
            _only(ast.Let, children),
            _only(ast.Input, children),
            _only(ast.Levels, children),
            _only(ast.Spaces, children),
            tuple(operators),
            _only(ast.Start, children),
            _only(ast.Step, children),
            _only((ast.Cycle, ast.Loop), children),
            _only(ast.Output, children),
            _only(ast.Expect, children),
            _only(ast.Published, children),
            _only(ast.Budget, children),
            _only(ast.Variant, children),
            span,
        )


def _only(kind: type[Any] | tuple[type[Any], ...], children: Children) -> tuple[Any, ...]:
    return tuple(child for child in children if isinstance(child, kind))


def _number(text: str, span: Span) -> ast.Number:
    """``2_751k`` is 2,751,000 in units of 1,000, its last printed digit."""
    mantissa, _, exponent = text.rstrip("kM").replace("_", "").lower().partition("e")
    _, _, decimals = mantissa.partition(".")
    unit = Fraction(10) ** int(exponent or 0) * _SUFFIX.get(text[-1], 1)
    return ast.Number(Fraction(mantissa) * unit, unit / 10 ** len(decimals), span)
