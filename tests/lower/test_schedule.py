"""The order of visits, against the recursive definition in the books."""

from collections import Counter

import pytest

from mgiad_dsl.lower.schedule import schedule


def cycle(kind: str, level: int, last: int) -> list[tuple[str, int]]:
    """A cycle as Trottenberg, Oosterlee and Schueller define it, by recursion."""
    if level == last:
        return [("solve", level)]
    down = [("pre", level), ("coarsen", level)]
    if kind == "backslash":
        return down + cycle(kind, level + 1, last)
    inner = {"V": ["V"], "W": ["W", "W"], "F": ["F", "V"]}[kind]
    if level + 1 == last:  # a second visit of the coarsest level would change nothing
        inner = inner[:1]
    visits = [step for each in inner for step in cycle(each, level + 1, last)]
    return [*down, *visits, ("correct", level), ("post", level)]


@pytest.mark.parametrize("kind", ["backslash", "V", "W", "F"])
@pytest.mark.parametrize("last", range(1, 8))
def test_recursive_definition(kind: str, last: int) -> None:
    assert list(schedule(kind, 1, last)) == cycle(kind, 1, last)


def test_one_level_is_solved() -> None:
    assert list(schedule("V", 3, 3)) == [("solve", 3)]


@pytest.mark.parametrize(
    ("kind", "visits"),
    [("V", [1, 1, 1, 1, 1]), ("W", [1, 2, 4, 8, 8]), ("F", [1, 2, 3, 4, 4])],
)
def test_visits_per_level(kind: str, visits: list[int]) -> None:
    counts = Counter(level for part, level in schedule(kind, 1, 5) if part in ("pre", "solve"))
    assert [counts[level] for level in range(1, 6)] == visits


def test_many_levels_need_no_recursion() -> None:
    assert sum(1 for _ in schedule("V", 1, 5_000)) == 4 * 4_999 + 1
