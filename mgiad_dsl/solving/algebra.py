"""Polynomials as people write them. The one file that knows sympy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from typing_extensions import assert_never

from mgiad_dsl.base.source import CompilerError, SpecError
from mgiad_dsl.language.evaluate import rounded
from mgiad_dsl.solving.conditions import Condition
from mgiad_dsl.solving.polynomials import Atom, Exact, Point, Polynomial

try:
    import sympy
except ImportError:
    raise SpecError("formulas need sympy", hint="pip install 'mgiad-dsl[formulas]'") from None

Expression: TypeAlias = Any  # sympy has no types


class Rounded(sympy.Function):  # type: ignore[misc]
    """``round`` of a spec: halves go up."""

    @classmethod
    def eval(cls, argument: Expression) -> Expression:
        return _evaluated("round", argument)

    def _latex(self, printer: Any, exp: str = "") -> str:
        return rf"\left\lfloor {printer._print(self.args[0])} \right\rceil" + _raised(exp)

    def _sympystr(self, printer: Any) -> str:
        return f"round({printer._print(self.args[0])})"


class Log2(sympy.Function):  # type: ignore[misc]
    """``log2`` of a spec."""

    @classmethod
    def eval(cls, argument: Expression) -> Expression:
        return _evaluated("log2", argument)

    def _latex(self, printer: Any, exp: str = "") -> str:
        return rf"\log_2{_raised(exp)} \left( {printer._print(self.args[0])} \right)"

    def _sympystr(self, printer: Any) -> str:
        return f"log2({printer._print(self.args[0])})"


def _raised(exponent: str) -> str:
    return f"^{{{exponent}}}" if exponent else ""


def _evaluated(name: str, argument: Expression) -> Expression:
    if not argument.is_Rational:
        return None
    return _number(rounded(name, Fraction(int(argument.p), int(argument.q))))


def _number(value: Exact) -> Expression:
    return sympy.Rational(value.numerator, value.denominator)


def formula(polynomial: Polynomial, points: Sequence[Point]) -> Expression:
    """A polynomial in its shortest form, compared with it at some points.

    Raises:
        CompilerError: they differ.
    """
    plain = _expression(polynomial)
    found = min((plain, sympy.expand(plain), sympy.factor(plain)), key=sympy.count_ops)
    for point in points:
        values = {_symbol(name): _number(value) for name, value in point.values.items()}
        if found.subs(values) != _number(polynomial.at(point)):
            raise CompilerError(f"{found} is not {polynomial.text} at {point.values}")
    return found


def _symbol(name: str) -> Expression:
    return sympy.Symbol(name, positive=True)


def _expression(polynomial: Polynomial) -> Expression:
    return sympy.Add(
        *(
            sympy.Mul(_number(factor), *(_atom(atom) ** power for atom, power in powers))
            for powers, factor in polynomial.terms
        )
    )


def _atom(atom: Atom) -> Expression:
    if atom.argument is None:
        return _symbol(atom.text)
    argument = _expression(atom.argument)
    match atom.function:
        case "floor":
            return sympy.floor(argument)
        case "ceil":
            return sympy.ceiling(argument)
        case "round":
            return Rounded(argument)
        case "log2":
            return Log2(argument)
        case "over":
            return 1 / argument
        case "":
            raise AssertionError("a parameter has no argument")
        case _:
            assert_never(atom.function)


def text(expression: Expression) -> str:
    """As a spec writes it: ``324*g_s*round(64*width) + 100``."""
    return str(expression).replace("**", "^").replace("ceiling(", "ceil(")


def latex(expression: Expression) -> str:
    """As LaTeX; names that are words stand upright."""
    words = {s: _upright(s.name) for s in expression.free_symbols if len(s.name.split("_")[0]) > 1}
    return str(sympy.latex(expression, symbol_names=words))


def _upright(name: str) -> str:
    return rf"\mathrm{{{name}}}".replace("_", r"\_")


_LATEX: Mapping[str, str] = {"!=": r"\neq", "<=": r"\leq", ">=": r"\geq"}


def condition_text(condition: Condition) -> str:
    """``floor(log2(width)) = 2``, ``c_K is an integer``"""
    of = text(_expression(condition.of))
    if condition.relation in ("is an integer", "is no integer"):
        return f"{of} {condition.relation}"
    return f"{of} {condition.relation} {condition.right}"


def condition_latex(condition: Condition) -> str:
    of = latex(_expression(condition.of))
    if condition.relation in ("is an integer", "is no integer"):
        sign = r"\in" if condition.relation == "is an integer" else r"\notin"
        return rf"{of} {sign} \mathbb{{Z}}"
    sign = _LATEX.get(condition.relation, condition.relation)
    return f"{of} {sign} {latex(_number(condition.right))}"
