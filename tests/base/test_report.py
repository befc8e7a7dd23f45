"""What is gathered: once, in order, and what later stages pass over."""

import pytest

from mgiad_dsl.base.report import MAX_ERRORS, Report
from mgiad_dsl.base.source import Caution, Source, Span, SpecError
from mgiad_dsl.check.faults import Faults

SOURCE = Source("net", "0123456789" * 10)


def at(start: int) -> Span:
    return Span(SOURCE, start, start + 1)


def shown(report: Report) -> list[str]:
    with pytest.raises(SpecError) as caught:
        report.raise_errors()
    return [caught.value.message, *(other.message for other in caught.value.others)]


def test_nothing_to_raise() -> None:
    Report().raise_errors()


def test_errors_come_in_the_order_of_their_lines() -> None:
    report = Report()
    for message, start in (("late", 9), ("early", 2)):
        report.error(SpecError(message, at(start)))
    report.error(SpecError("nowhere"))
    assert shown(report) == ["nowhere", "early", "late"]


def test_one_place_is_one_message() -> None:
    report = Report()
    report.error(SpecError("first", at(1)))
    report.error(SpecError("again", at(1)))
    report.warn(Caution("odd", at(1)))
    assert shown(report) == ["first"]
    assert not report.warnings


def test_one_cause_is_one_message() -> None:
    report = Report()
    report.error(SpecError("`a` here", at(1)), cause="a")
    report.error(SpecError("`a` there", at(2)), cause="a")
    assert shown(report) == ["`a` here"]


def test_many_errors_are_cut() -> None:
    report = Report()
    for start in range(MAX_ERRORS + 5):
        report.error(SpecError("wrong", at(start)))
    assert report.full
    assert shown(report)[MAX_ERRORS:] == ["5 more errors are not shown"]


def test_faults() -> None:
    report = Report()
    faults = Faults(report)
    with faults.within(at(1)):
        pass
    with faults.within(at(2)):
        report.error(SpecError("wrong", at(3)))
    with faults.within(at(4)), faults.within(at(6)):
        report.error(SpecError("a repetition is a fault as well", at(3)))
    assert faults.spans == {at(2), at(4), at(6)}
    assert not faults.fatal
    report.error(SpecError("outside", at(5)))
    assert faults.fatal


def test_catch() -> None:
    report = Report()
    with report.catch():
        raise SpecError("caught")
    assert shown(report) == ["caught"]
