from __future__ import annotations

from pathlib import Path

import pytest

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.study.file import Budget, Family, Published, Search, StudyFile
from mgiad_dsl.study.places import place
from mgiad_dsl.study.ranges import Range
from mgiad_dsl.study.read import read_study

RIGHT = """data = "digits"
recipe = "digits"
seeds = [0, 1]

[budget]
weights = "1.4M"
macs = 600_000
memory = "2GiB"

[[family]]
name = "MGiaD"
spec = "mgiad"
set = { classes = 10 }
vary = { width = { from = 0.5, to = 0.9, step = 0.1 }, c_K = [8, 16] }

[[family]]
name = "MgNet"
spec = ["mgnet", "mgnet:A"]
[family.tune]
lr = [0.1, 0.05]
"""


PAGE = (Path(__file__).parents[2] / "docs/sweeps.md").read_text(encoding="utf-8")


def study(tmp_path: Path, text: str):
    path = tmp_path / "study.toml"
    path.write_text(text)
    return read_study(str(path))


def test_a_study_file(tmp_path) -> None:
    found = study(tmp_path, RIGHT)
    file = found.file
    assert (file.budget.weights, file.budget.macs, file.budget.memory) == (
        1_400_000,
        600_000,
        2 * 2**30,
    )
    first, second = file.families
    assert first.vary["width"].values == [0.5, 0.6, 0.7, 0.8, 0.9]  # type: ignore[union-attr]
    assert second.spec == ("mgnet", "mgnet:A")
    assert second.tune == {"lr": (0.1, 0.05)}
    assert (found.name, str(found.out)) == ("study", "runs/study")
    assert found.storage == "sqlite:///runs/study/study.db"


WRONG = {
    "unknown": ("seeds =", "sedes =", "3:1: error: there is no `sedes` here", "`seeds`"),
    "unknown deep": ("step =", "stp =", "14:42: error: there is no `stp` here", "`step`"),
    "unknown in a table": ("macs =", "mac =", "7:1: error: there is no `mac` here", "`macs`"),
    "missing": ('name = "MgNet"', "", "16:3: error: `name` is missing", None),
    "missing at the top": ('data = "digits"', "", "1:1: error: `data` is missing", "TOML"),
    "amount": ('"1.4M"', '"1.4X"', "6:1: error: an amount is a number", None),
    "memory": ('"2GiB"', '"2"', "8:1: error: an amount of memory is a number", None),
    "seed": ("[0, 1]", "[0, -1]", "3:1: error: `seeds`: a value should be greater", None),
    "seeds": ("[0, 1]", "[1, 1]", "1:1: error: `seeds` names a seed twice", None),
    "no seeds": ("[0, 1]", "[]", "3:1: error: `seeds`: a list should have at least 1", None),
    "value": ("[8, 16]", "[8, [16]]", "14:56: error: a value is a number, a text", None),
    "range": ("from = 0.5", "from = 5", "14:10: error: `from` 5 is more than `to` 0.9", None),
    "many": ("step = 0.1", "step = 1e-9", "14:10: error: more than 10,000 values", None),
    "no step": (", step = 0.1", "", "1:1: error: a grid needs values: the range of `width`", None),
    "twice": ('"MgNet"', '"MGiaD"', "1:1: error: two families are called 'MGiaD'", None),
    "both": ("classes = 10", "c_K = 10", "10:3: error: `c_K` has one value and several", None),
    "toml": ("[budget]", "[budget", "5:8: error: no TOML: ", "[[family]]"),
    "end": ("lr = [0.1, 0.05]", "lr = [0.1,", "error: no TOML: ", "[[family]]"),
}


@pytest.mark.parametrize(("old", "new", "message", "hint"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told_with_its_place(old, new, message, hint, tmp_path) -> None:
    assert old in RIGHT
    with pytest.raises(SpecError) as error:
        study(tmp_path, RIGHT.replace(old, new, 1))
    first = str(error.value).partition("\n")[0]
    assert message in first
    assert not error.value.others
    if hint:
        assert hint in error.value.hint


SEARCHES = {
    "trials": ('sampler = "tpe"', "`trials` says how many candidates tpe may try"),
    "grid": ("trials = 3", "`trials` goes with a sampler"),
    "pruner": (
        'sampler = "nsgaii"\ntrials = 3\npruner = "halving"\nobjectives = ["figure", "macs"]',
        "a pruner compares by one objective",
    ),
    "sampler": ('sampler = "best"', "`sampler`: a value should be 'grid', 'random', "),
}


@pytest.mark.parametrize(("lines", "message"), SEARCHES.values(), ids=SEARCHES.keys())
def test_searches_that_do_not_go_together(lines, message, tmp_path) -> None:
    with pytest.raises(SpecError, match=message) as error:
        study(tmp_path, f"{RIGHT}\n[search]\n{lines}\n")
    assert error.value.span is not None
    assert error.value.span.source.text[error.value.span.start :].startswith(("search", "sampler"))


def test_all_problems_are_told_at_once(tmp_path) -> None:
    with pytest.raises(SpecError) as error:
        study(tmp_path, RIGHT.replace("seeds", "sedes").replace("macs", "mac"))
    assert len(error.value.others) == 1


def test_a_file_that_is_none(tmp_path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        read_study(str(tmp_path / "nowhere.toml"))
    with pytest.raises(SpecError, match=r"nests too deeply|no TOML"):
        study(tmp_path, "a = " + "[" * 5000)


def test_places_of_dotted_keys_and_of_tables() -> None:
    text = 'a.b = 1\n[x.y]\n"z" = 2\n[[t]]\n[[t]]\n[t.s]\nk = {m = 3}\n'
    source = Source("s.toml", text)

    def at(*path: str) -> str:
        span = place(source, path)
        return f"{source.place(span.start)[0]} {span.text}"

    assert at("a", "b") == "1 a"
    assert at("x", "y", "z") == "3 z"
    assert at("t", "1", "s", "k", "m") == "7 m"
    assert at("t", "0") == "4 t"
    assert at("t", "1") == "5 t"
    assert place(source, ("nothing",)).start == 0


def test_ranges_have_the_values_that_are_written() -> None:
    def values(low: float, high: float, step: float) -> list[int | float]:
        return Range(low=low, high=high, step=step).values

    assert values(0.1, 0.35, 0.1) == [0.1, 0.2, 0.3]
    assert values(1, 3, 1) == [1, 2, 3]
    assert all(isinstance(value, int) for value in values(1, 3, 1))
    assert Range(low=1, high=4, step=1).is_whole
    assert not Range(low=1, high=4).is_whole
    assert not Range(low=1, high=4, step=0.5).is_whole


def test_the_page_shows_a_study_that_is_right(tmp_path) -> None:
    found = study(tmp_path, PAGE.partition("```toml\n")[2].partition("```")[0]).file
    assert found.budget.macs == 600_000_000
    assert found.published[0].weights == 2_700_000
    assert [family.label for family in found.families] == ["MGiaD_{width,c_K}", None]


def test_the_page_lists_every_field() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    for model in (StudyFile, Budget, Search, Family, Published):
        for name, field in model.model_fields.items():
            assert any(
                f"`{field.alias or name}`" in row or f"[{field.alias or name}]" in row
                for row in rows
            )
