from __future__ import annotations

import pytest

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.train import recipe_for
from mgiad_dsl.study import labels
from mgiad_dsl.study.candidates import Bench, Candidate, Refused
from mgiad_dsl.study.read import read_study
from mgiad_dsl.study.records import order, orders


def grid(path):
    return Bench(read_study(str(path)), recipe_for).grid()


def test_a_grid_is_every_combination_in_order(write_study) -> None:
    found = grid(write_study("width = [2, 4], classes = [10, 5]"))
    assert [each.name for each in found] == [
        "tiny width=2 classes=10",
        "tiny width=2 classes=5",
        "tiny width=4 classes=10",
        "tiny width=4 classes=5",
    ]
    # conv 9 width, norm 2 width, linear (width + 1) classes
    assert [each.weights for each in found] == [52, 37, 94, 69]
    first = found[0]
    assert first.memory == first.compiled.memory(first.recipe.batch).training
    assert (first.recipe.name, first.recipe.epochs) == ("trial", 1)


def test_what_is_no_network_is_kept_with_its_reason(write_study) -> None:
    found = grid(write_study("width = [2, 0.5]"))
    assert isinstance(found[0], Candidate)
    assert isinstance(found[1], Refused)
    assert "channels" in found[1].error.message


def test_a_family_without_any_network_is_an_error(write_study) -> None:
    with pytest.raises(SpecError, match="tiny: `tiny` has no parameter `wdith`") as error:
        grid(write_study("wdith = [2, 3]"))
    assert "width" in error.value.hint
    assert str(error.value).startswith(f"{write_study()}:9:3: error:")


def test_what_is_over_budget_is_told(write_study) -> None:
    def over(budget: str) -> list[str | None]:
        found = grid(write_study(more=f"[budget]\n{budget}"))
        return [each.over for each in found]

    assert over("weights = 93") == [None, "more than 93 weights"]
    assert over("weights = 94") == [None, None]
    assert over("macs = 1") == ["more than 1 MACs"] * 2
    memory = grid(write_study())[0].memory
    assert over(f"memory = {memory}")[0] is None
    assert over(f"memory = {memory - 1}")[0] is not None
    assert orders(grid(write_study(more="[budget]\nweights = 1")), [0]) == []


def test_candidates_that_train_alike_are_one(write_study) -> None:
    more = '[[family]]\nname = "other"\nspec = ["tiny.mgspec:four", "tiny.mgspec"]\n'
    found = grid(write_study("width = [2, 4, 4.0]", more=more))
    assert [each.name for each in found] == [
        "other tiny.mgspec:four",
        "other tiny.mgspec",
        "tiny width=2",
        "tiny width=4",
    ]
    four, plain, two, again = (each.identity for each in found)
    assert four == plain == again != two
    assert [o.key for o in orders(found, [3, 4])] == [(four, 3), (two, 3), (four, 4), (two, 4)]


def test_identity_tells_recipe_and_data(write_study) -> None:
    def identity(**words: str) -> str:
        return grid(write_study(**words))[0].identity

    first = identity()
    assert identity(changes="epochs = 2") != first
    assert identity(changes='epochs = 1, description = "other words"') == first
    path = write_study()
    path.write_text(path.read_text().replace(":64", ":65"))
    assert grid(path)[0].identity != first


def test_fields_of_the_recipe_vary_too(write_study) -> None:
    path = write_study("width = [2]", changes='epochs = 1, clip = "null"')
    path.write_text(path.read_text() + "tune = { lr = [0.1, 0.2] }\n")
    first, second = grid(path)
    assert (first.recipe.lr, second.recipe.lr, first.recipe.clip) == (0.1, 0.2, None)
    assert second.name == "tiny width=2 lr=0.2"
    assert second.label == "tiny_{2,0.2}"
    assert order(second, 7).folder == f"tiny-width=2-lr=0.2-{second.identity[:8]}-seed7"


def test_labels() -> None:
    text = labels.label("MGiaD_{width,c_K}", {"width": "3", "c_K": "64"})
    assert text == "MGiaD_{3,64}"
    assert labels.label("MgNet_{AB}", {}) == "MgNet_{AB}"
    assert labels.as_plain(text) == "MGiaD_3,64"
    assert labels.as_math(text) == r"MGiaD$_{\mathregular{3{,}64}}$"
    assert labels.as_latex("a_b & c_{3%}") == r"a\_b \& c\textsubscript{3\%}"
    assert labels.as_html("a<b_{3}") == "a&lt;b<sub>3</sub>"
