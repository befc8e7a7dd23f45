"""A network at all values of some parameters: compiled once for all that take the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import CompilerError, SpecError
from mgiad_dsl.counting.budgets import check_budgets
from mgiad_dsl.counting.count import count
from mgiad_dsl.language.evaluate import Value
from mgiad_dsl.language.spec import NetSpec
from mgiad_dsl.lower import lower
from mgiad_dsl.rewrite import Level, rewrite
from mgiad_dsl.solving.evaluator import TracingEvaluator
from mgiad_dsl.solving.path import Answer, Path, Question
from mgiad_dsl.solving.polynomials import Point, Polynomial, parameter
from mgiad_dsl.solving.traced import Number, polynomial


@dataclass(frozen=True, eq=False)
class Case:
    """The counts of all values that answer its questions as these do.

    ``body`` are the weights apart from the head, ``families`` those of each operator family, in
    the order they are declared.
    """

    answers: tuple[tuple[Question, Answer], ...]
    weights: Polynomial
    body: Polynomial
    macs: Polynomial
    families: Mapping[str, Polynomial]


@dataclass
class _Branch:
    """What is asked next, and where each answer leads."""

    question: Question
    ways: dict[Answer, _Branch | Case | SpecError] = field(default_factory=dict)


class Cases:
    """Counts of a checked spec as functions of numeric parameters, the others at their values.

    All that the compiler knows of these parameters it asks for. So values that give the same
    answers as others before are not compiled again: what is next asked depends on the answers
    alone. An error is that of the first values that came to it.
    """

    def __init__(self, spec: NetSpec, names: tuple[str, ...], level: Level = 1) -> None:
        self._spec = spec
        self._names = names
        self._level = level
        self._root: _Branch | Case | SpecError | None = None
        self.compiled = 0  # how often

    def at(self, point: Point) -> Case | SpecError:
        """The case of a point, or its first error."""
        branch, walked = self._root, list[tuple[_Branch, Answer]]()
        while isinstance(branch, _Branch):
            try:
                answer = branch.question.answer(point)
            except (SpecError, ZeroDivisionError):  # it has no value: another way ends before
                return self._compile(point)[1]
            walked.append((branch, answer))
            following = branch.ways.get(answer)
            if following is None:
                break
            branch = following
        if isinstance(branch, (Case, SpecError)):
            return branch
        path, end = self._compile(point)
        if not path.alone:
            self._grow(walked, list(path.answers.items()), end)
        return end

    def _grow(
        self,
        walked: list[tuple[_Branch, Answer]],
        answers: list[tuple[Question, Answer]],
        end: Case | SpecError,
    ) -> None:
        """Add a way that begins as another one before."""
        begins = [(branch.question, answer) for branch, answer in walked]
        if answers[: len(begins)] != begins:
            raise CompilerError("the same answers led to another question")
        new: _Branch | Case | SpecError = end
        for question, answer in reversed(answers[len(begins) :]):
            new = _Branch(question, {answer: new})
        if walked:
            branch, answer = walked[-1]
            branch.ways[answer] = new
        else:
            self._root = new

    def _compile(self, point: Point) -> tuple[Path, Case | SpecError]:
        self.compiled += 1
        path, report = Path(point.values), _Strict()
        values: dict[str, Value] = dict(self._spec.values)
        for name in self._names:
            values[name] = Number(point.values[name], parameter(name), path)
        evaluator = TracingEvaluator(values, self._spec.let_by_name, path)
        end: Case | SpecError
        try:
            written = lower(self._spec, report, evaluator)
            network = rewrite(written, self._level, for_devices=False)
            counted = count(written, network)
            check_budgets(self._spec, counted, None, report)
            families = {
                name: polynomial(sum(group.weights for group in groups))
                for name, groups in counted.by(lambda group: group.family).items()
            }
            end = Case(
                tuple(path.answers.items()),
                polynomial(counted.weights),
                polynomial(counted.body),
                polynomial(counted.macs),
                families,
            )
        except SpecError as error:
            end = error
        return path, end


class _Strict(Report):
    """The first error is enough."""

    def error(self, error: SpecError, cause: str | None = None) -> None:
        raise error
