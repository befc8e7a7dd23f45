"""Text to syntax tree. The only module that knows lark.

Reading always ends: text size, nesting depth and number size are bounded before anything
recursive or exact is done with them.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, Tree, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken
from lark.tree import Meta

from mgiad_dsl import resources
from mgiad_dsl import syntax as ast
from mgiad_dsl.source import Note, Source, Span, SpecError

MAX_CHARACTERS = 262_144
MAX_DEPTH = 100
MAX_DIGITS = 40
MAX_EXPONENT = 30

_SUFFIX = {"k": 1_000, "M": 1_000_000}
_CLOSES = {")": "(", "]": "[", "}": "{"}
_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"|[(\[{)\]}]')


def parse(source: Source) -> ast.Spec:
    """The syntax tree of a spec.

    Raises:
        SpecError: the text is too long, not text, nested too deeply, or no spec.
    """
    _check_text(source)
    _check_brackets(source)
    try:
        tree = _parser().parse(source.text)
    except UnexpectedInput as error:
        raise _syntax_error(source, error) from None
    _check_depth(source, tree)
    spec: ast.Spec = _Builder(source).transform(tree)
    return spec


def reserved_words() -> frozenset[str]:
    """Words of the language that cannot be names: those that may follow an expression."""
    return frozenset(
        terminal.pattern.value.removesuffix(r"\b")
        for terminal in _parser().terminals
        if terminal.pattern.value.endswith(r"\b") and terminal.name != "_SIZE"
    ) | {"x"}


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(
        resources.grammar(),
        start="spec",
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=False,
        cache=resources.cache_file("mgspec.lark.cache") or False,
    )


# -- bounds ------------------------------------------------------------------------------


def _check_text(source: Source) -> None:
    if len(source.text) > MAX_CHARACTERS:
        raise SpecError(
            f"{source.name} has {len(source.text):,} characters; "
            f"a spec has at most {MAX_CHARACTERS:,}",
            hint="is this a spec?",
        )
    zero = source.text.find("\0")
    if zero >= 0:
        raise SpecError("a binary file is no spec", Span(source, zero, zero + 1))


def _check_brackets(source: Source) -> None:
    """Every bracket closed, none too deep: better messages than a parser's."""
    opened: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(source.text):
        sign, at = match.group(), match.start()
        if sign in "([{":
            opened.append((sign, at))
            if len(opened) > MAX_DEPTH:
                raise SpecError(
                    f"brackets nested deeper than {MAX_DEPTH}", Span(source, at, at + 1)
                )
        elif sign in _CLOSES:
            if not opened:
                raise SpecError(
                    f"`{sign}` closes nothing",
                    Span(source, at, at + 1),
                    hint="remove it, or open its block before",
                )
            before, where = opened.pop()
            if before != _CLOSES[sign]:
                raise SpecError(
                    f"`{sign}` does not close `{before}`",
                    Span(source, at, at + 1),
                    notes=(Note(f"`{before}` was opened here", Span(source, where, where + 1)),),
                )
    if opened:
        sign, at = opened[-1]
        end = len(source.text.rstrip())
        raise SpecError(
            f"the file ends before `{sign}` is closed",
            Span(source, end, end + 1),
            notes=(Note(f"`{sign}` was opened here", Span(source, at, at + 1)),),
        )


def _check_depth(source: Source, tree: Tree[Token]) -> None:
    """Chains (``a+a+a...``) nest without brackets; bound them before recursion."""
    todo = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        if depth > MAX_DEPTH:
            meta = node.meta
            raise SpecError(
                f"an expression nested deeper than {MAX_DEPTH}",
                Span(source, meta.start_pos, meta.end_pos),
                hint="name parts of it with `let`",
            )
        todo.extend((child, depth + 1) for child in node.children if isinstance(child, Tree))


def _number(text: str, span: Span) -> ast.Number:
    unit = Fraction(_SUFFIX.get(text[-1], 1))
    mantissa, _, exponent = text.rstrip("kM").replace("_", "").lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    if len(whole) + len(decimals) > MAX_DIGITS or abs(int((exponent or "0")[:9])) > MAX_EXPONENT:
        raise SpecError(
            f"a number of more than {MAX_DIGITS} digits, or beyond 1e{MAX_EXPONENT}", span
        )
    unit *= Fraction(10) ** int(exponent or "0")
    return ast.Number(Fraction(mantissa) * unit, unit / 10 ** len(decimals), span)


# -- messages ----------------------------------------------------------------------------

_CLASSES = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a text in "quotes"',
    "X": "`x`",
    "MINUS": "`-`",
    "$END": "the end of the file",
}
_STARTS_EXPRESSION = {"NAME", "NUMBER", "MINUS", "NOT", "TRUE", "FALSE", "_LPAR", "_LSQB"}
_CONTINUES_EXPRESSION = {"PLUS", "MINUS", "TIMES", "OVER", "POWER", "COMPARE", "AND", "OR"}


def _syntax_error(source: Source, error: UnexpectedInput) -> SpecError:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        span = Span(source, error.token.start_pos or 0, error.token.end_pos or 0)
        found = f"`{error.token}`"
    elif isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream
        span, found = Span(source, at, at + 1), f"the character `{source.text[at]}`"
    else:  # lark reports the end on the last token; point past it
        end = len(source.text.rstrip())
        span, found = Span(source, end, end + 1), "the end of the file"
    word = str(error.token) if isinstance(error, UnexpectedToken) else ""
    if word in reserved_words() and "NAME" in _expected(error):
        return SpecError(
            f"`{word}` is a word of the language and cannot be a name",
            span,
            hint=f"take another name, such as `{word}_1`",
        )
    return _misspelt(source, span) or SpecError(
        f"{found} cannot stand here", span, hint=_expectation(error)
    )


def _misspelt(source: Source, span: Span) -> SpecError | None:
    """A word before the place (``strid 2``) that is nearly one of the language."""
    before = re.search(r"([A-Za-z_]\w*)\s*$", source.text[: span.start])
    word = before.group(1) if before else ""
    near = get_close_matches(word, sorted(reserved_words()), n=1, cutoff=0.75)
    if before is None or not near or word in reserved_words():
        return None
    where = Span(source, before.start(1), before.end(1))
    return SpecError(f"`{word}` cannot stand here", where, hint=f"did you mean `{near[0]}`?")


def _expected(error: UnexpectedInput) -> set[str]:
    if isinstance(error, UnexpectedToken):
        return set(error.accepts or error.expected)
    if isinstance(error, UnexpectedCharacters):
        return set(error.allowed or ())
    assert isinstance(error, UnexpectedEOF)
    return set(error.expected)


def _expectation(error: UnexpectedInput) -> str | None:
    names = _expected(error)
    said = []
    if names >= _STARTS_EXPRESSION - {"NAME", "MINUS", "NOT"}:
        said.append("an expression")
        names -= _STARTS_EXPRESSION
    if names >= _CONTINUES_EXPRESSION:
        names -= _CONTINUES_EXPRESSION | {"__ANON_0", "_LPAR", "_LSQB"}
        names.discard("QMARK")
    said += sorted(_spelled(name) for name in names)
    if not said or len(said) > 16:
        return None
    return "expected " + (" or ".join([", ".join(said[:-1]), said[-1]]) if said[1:] else said[0])


def _spelled(terminal: str) -> str:
    if terminal in _CLASSES:
        return _CLASSES[terminal]
    pattern = next(t.pattern.value for t in _parser().terminals if t.name == terminal)
    return "`" + pattern.removesuffix(r"\b") + "`"


# -- tree to classes ---------------------------------------------------------------------


@v_args(meta=True)
class _Builder(Transformer[Token, Any]):
    """One method per grammar rule; nothing here can fail but a number out of bounds."""

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

    def number(self, meta: Meta, children: list[Any]) -> ast.Number:
        return self._literal(children[0])

    def boolean(self, meta: Meta, children: list[Any]) -> ast.Boolean:
        return ast.Boolean(children[0] == "true", self._span(meta))

    def name(self, meta: Meta, children: list[Any]) -> ast.Name:
        return self._named(children[0])

    def index(self, meta: Meta, children: list[Any]) -> ast.Index:
        return ast.Index(str(children[0]), tuple(children[1:]), self._span(meta))

    def call(self, meta: Meta, children: list[Any]) -> ast.Call:
        return ast.Call(children[0], tuple(children[1:]), self._span(meta))

    def list(self, meta: Meta, children: list[Any]) -> ast.List:
        return ast.List(tuple(children), self._span(meta))

    def unary(self, meta: Meta, children: list[Any]) -> ast.Unary:
        return ast.Unary(str(children[0]), children[1], self._span(meta))

    def binary(self, meta: Meta, children: list[Any]) -> ast.Binary:
        return ast.Binary(children[0], str(children[1]), children[2], self._span(meta))

    def conditional(self, meta: Meta, children: list[Any]) -> ast.Conditional:
        return ast.Conditional(*children, span=self._span(meta))

    def dims(self, meta: Meta, children: list[Any]) -> ast.Dims:
        return ast.Dims(children[0], children[-1], self._span(meta))

    window_dims = dims

    def option(self, meta: Meta, children: list[Any]) -> ast.Option:
        value = children[1] if len(children) > 1 else None
        return ast.Option(str(children[0]), value, self._span(meta))

    def window(self, meta: Meta, children: list[Any]) -> ast.Window:
        height, _, width, *options = children
        span = Span(self.source, height.span.start, width.span.end)
        return ast.Window(ast.Dims(height, width, span), tuple(options), self._span(meta))

    def range(self, meta: Meta, children: list[Any]) -> ast.Range:
        return ast.Range(children[0], children[1], self._span(meta))

    # declarations

    def parameter(self, meta: Meta, children: list[Any]) -> ast.Parameter:
        return ast.Parameter(str(children[0]), children[1], self._span(meta))

    def declared(self, meta: Meta, children: list[Any]) -> ast.Declared:
        name, *indices = map(str, children)
        return ast.Declared(name, tuple(indices), self._span(meta))

    def let(self, meta: Meta, children: list[Any]) -> ast.Let:
        return ast.Let(children[0], children[1], self._span(meta))

    def input(self, meta: Meta, children: list[Any]) -> ast.Input:
        name, channels, _, height, _, width = children
        return ast.Input(str(name), channels, height, width, self._span(meta))

    def levels(self, meta: Meta, children: list[Any]) -> ast.Levels:
        index, range_, axis = children
        return ast.Levels(str(index), range_, self._named(axis), self._span(meta))

    def same(self, meta: Meta, children: list[Any]) -> tuple[ast.Declared, ...]:
        return tuple(children)

    def spaces(self, meta: Meta, children: list[Any]) -> ast.Spaces:
        names = tuple(child for child in children if isinstance(child, tuple))
        channels, *size = children[len(names) :]
        return ast.Spaces(names, channels, size[0] if size else None, self._span(meta))

    def operators(self, meta: Meta, children: list[Any]) -> list[ast.Operator]:
        return children

    def signature(self, meta: Meta, children: list[Any]) -> tuple[ast.Expr, ast.Expr]:
        return children[0], children[1]

    def operator(self, meta: Meta, children: list[Any]) -> ast.Operator:
        names = tuple(child for child in children if isinstance(child, ast.Declared))
        *signature, kind = children[len(names) :]
        domain, codomain = signature[0] if signature else (None, None)
        return ast.Operator(names, domain, codomain, kind, self._span(meta))

    def kind(self, meta: Meta, children: list[Any]) -> ast.Kind:
        name, *rest = children
        options = tuple(child for child in rest if isinstance(child, ast.Option))
        argument = rest[0] if len(rest) > len(options) else None
        return ast.Kind(str(name), argument, options, self._span(meta))

    # equations

    def block(self, meta: Meta, children: list[Any]) -> tuple[ast.Statement, ...]:
        return tuple(children)

    def assign(self, meta: Meta, children: list[Any]) -> ast.Assign:
        return ast.Assign(children[0], children[1], self._span(meta))

    def start(self, meta: Meta, children: list[Any]) -> ast.Start:
        return ast.Start(children[0], self._span(meta))

    def step(self, meta: Meta, children: list[Any]) -> ast.Step:
        return ast.Step(str(children[0]), children[1], self._span(meta))

    def output(self, meta: Meta, children: list[Any]) -> ast.Output:
        return ast.Output(str(children[0]), children[1], self._span(meta))

    def once(self, meta: Meta, children: list[Any]) -> tuple[None, Any]:
        return None, children[0]

    def times(self, meta: Meta, children: list[Any]) -> tuple[ast.Repeat, Any]:
        count = children[0]
        one = ast.Number(Fraction(1), Fraction(1), count.span)
        return ast.Repeat(None, ast.Range(one, count, count.span), count.span), children[1]

    def over(self, meta: Meta, children: list[Any]) -> tuple[ast.Repeat, Any]:
        index, range_, work = children
        return ast.Repeat(str(index), range_, self._token_span(index)), work

    def part(self, meta: Meta, children: list[Any]) -> ast.Part:
        name, work = str(children[0]), children[1]
        repeat, what = (None, work) if name in ("coarsen", "correct") else work
        if isinstance(what, Token):
            return ast.Part(name, repeat, self._named(what), (), self._span(meta))
        return ast.Part(name, repeat, None, what, self._span(meta))

    def cycle(self, meta: Meta, children: list[Any]) -> ast.Cycle:
        index, kind, *parts = children
        return ast.Cycle(self._named(index), kind, tuple(parts), self._span(meta))

    # claims, variants, the whole

    def expect(self, meta: Meta, children: list[Any]) -> ast.Expect:
        return ast.Expect(str(children[0]), self._literal(children[1]), self._span(meta))

    def published(self, meta: Meta, children: list[Any]) -> ast.Published:
        what, number, origin = children
        return ast.Published(str(what), self._literal(number), str(origin)[1:-1], self._span(meta))

    def setting(self, meta: Meta, children: list[Any]) -> ast.Setting:
        return ast.Setting(str(children[0]), children[1], self._span(meta))

    def variant(self, meta: Meta, children: list[Any]) -> ast.Variant:
        return ast.Variant(
            str(children[0]),
            _only(ast.Setting, children),
            _only(ast.Expect, children),
            _only(ast.Published, children),
            self._span(meta),
        )

    def header(self, meta: Meta, children: list[Any]) -> None:
        if children[0] != "1":
            raise SpecError(
                f"mgspec {children[0]} is not known",
                self._token_span(children[0]),
                hint="this compiler reads `mgspec 1`",
            )

    def network(self, meta: Meta, children: list[Any]) -> tuple[str, tuple[ast.Parameter, ...]]:
        return str(children[0]), tuple(children[1:])

    def spec(self, meta: Meta, children: list[Any]) -> ast.Spec:
        name, parameters = next(child for child in children if isinstance(child, tuple))
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
            _only(ast.Cycle, children),
            _only(ast.Output, children),
            _only(ast.Expect, children),
            _only(ast.Published, children),
            _only(ast.Variant, children),
            self._span(meta),
        )


def _only(kind: type[Any], children: list[Any]) -> tuple[Any, ...]:
    return tuple(child for child in children if isinstance(child, kind))
