from __future__ import annotations

import pytest

from mgiad_dsl.source import SpecError
from mgiad_dsl.train.recipe import AUGMENTATIONS, Recipe, load_recipe, parse_changes, recipe_names


def test_every_recipe_of_the_package_is_valid() -> None:
    assert recipe_names() == ["digits", "fast", "imagenet", "paper"]
    for name in recipe_names():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.description


def test_the_papers_recipe() -> None:
    paper = load_recipe("paper")
    assert (paper.epochs, paper.batch, paper.lr, paper.momentum) == (400, 128, 0.1, 0.9)
    assert (paper.weight_decay, paper.schedule, paper.schedule_by) == (1e-4, "cosine", "epoch")
    assert (paper.crop, paper.padding, paper.fill) == (4, "constant", 128)
    assert paper.flip
    assert paper.autoaugment
    assert not paper.nesterov
    assert paper.decay_norms
    assert paper.label_smoothing == 0


def test_fields_are_changed_by_words() -> None:
    changes = parse_changes(["lr=0.05", "flip=true", "clip=null", "schedule=linear", "epochs=3"])
    recipe = load_recipe("paper", changes)
    assert (recipe.lr, recipe.flip, recipe.clip) == (0.05, True, None)
    assert (recipe.schedule, recipe.epochs) == ("linear", 3)
    assert recipe.batch == 128


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lr=-1"], "lr: Input should be greater than or equal to 0"),
        (["epoch=3"], "epoch: Extra inputs are not permitted"),
        (["schedule=exp"], "schedule: Input should be 'cosine', 'linear' or 'constant'"),
        (["epochs=2.5"], "epochs: Input should be a valid integer"),
    ],
)
def test_wrong_fields(words: list[str], message: str) -> None:
    with pytest.raises(SpecError, match=message) as error:
        load_recipe("fast", parse_changes(words))
    assert "epochs, batch" in error.value.hint


def test_wrong_words_and_names() -> None:
    with pytest.raises(SpecError, match="field=value"):
        parse_changes(["lr"])
    with pytest.raises(SpecError, match="no recipe 'slow'") as error:
        load_recipe("slow")
    assert "digits, fast, imagenet, paper" in error.value.hint


def test_own_recipe_file(tmp_path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"epochs": 7}')
    assert load_recipe(str(path)).epochs == 7
    assert load_recipe(str(path)).name == "mine"
    path.write_text("[]")
    with pytest.raises(SpecError, match="not a JSON object"):
        load_recipe(str(path))
    path.write_text("{")
    with pytest.raises(SpecError, match="cannot read recipe"):
        load_recipe(str(path))


def test_a_recipe_survives_being_written_and_read() -> None:
    for name in recipe_names():
        recipe = load_recipe(name)
        assert Recipe.model_validate_json(recipe.to_json()) == recipe


def test_augmentations_are_fields() -> None:
    for fields in AUGMENTATIONS.values():
        load_recipe("fast", fields)
