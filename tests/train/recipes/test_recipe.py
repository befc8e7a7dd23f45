from __future__ import annotations

import pytest

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.recipes.ranges import allowed
from mgiad_dsl.train.recipes.recipe import (
    AUGMENTATIONS,
    Recipe,
    load_recipe,
    parse_changes,
    recipe_names,
)


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


WRONG = [
    ("lr=-1", "lr cannot be -1", "lr is a finite number, at least 0 (peak learning rate)"),
    ("lr=Infinity", "lr cannot be Infinity", "lr is a finite number, at least 0"),
    ("weight_decay=NaN", "weight_decay cannot be NaN", "weight_decay is a finite number"),
    ("warmup=1e999", "warmup cannot be Infinity", "warmup is a finite number, at least 0"),
    ("momentum=1", "momentum cannot be 1", "momentum is a finite number, at least 0, below 1"),
    ("clip=0", "clip cannot be 0", "clip is null or a finite number, above 0"),
    ("ema=x", 'ema cannot be "x"', "ema is null or a finite number, above 0, below 1"),
    ("epochs=2.5", "epochs cannot be 2.5", "epochs is a whole number, at least 1"),
    ("fill=256", "fill cannot be 256", "fill is a whole number, at least 0, at most 255"),
    ("flip=maybe", 'flip cannot be "maybe"', "flip is true or false"),
    ("compile=maybe", 'compile cannot be "maybe"', "compile is true or false or auto (the"),
    ("schedule=exp", 'schedule cannot be "exp"', "one of cosine, linear, constant"),
    ("name=3", "name cannot be 3", "name is a text"),
    ("epoch=3", "there is no field 'epoch'", "did you mean `epochs`?"),
    ("wd=3", "there is no field 'wd'", "fields: name, description, epochs"),
]


@pytest.mark.parametrize(("word", "message", "hint"), WRONG)
def test_wrong_fields(word: str, message: str, hint: str) -> None:
    with pytest.raises(SpecError) as error:
        load_recipe("fast", parse_changes([word]))
    assert error.value.message == f"recipe: {message}"
    assert hint in error.value.hint


def test_every_wrong_field_is_named_with_what_it_may_be() -> None:
    with pytest.raises(SpecError) as error:
        load_recipe("fast", parse_changes(["epoch=3", "batch=0"]))
    assert "batch cannot be 0; there is no field 'epoch'" in error.value.message
    assert "batch is a whole number, at least 1" in error.value.hint
    assert "did you mean `epochs`?" in error.value.hint


def test_every_field_has_words() -> None:
    for name, field in Recipe.model_fields.items():
        assert allowed(field), name


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
    with pytest.raises(SpecError, match="not a JSON object") as error:
        load_recipe(str(path))
    assert '{"epochs": 5' in error.value.hint
    path.write_text("{")
    with pytest.raises(SpecError, match="cannot read recipe") as error:
        load_recipe(str(path))
    assert '{"epochs": 5' in error.value.hint
    path.unlink()
    with pytest.raises(SpecError, match=r"mine\.json: No such file") as error:
        load_recipe(str(path))
    assert error.value.hint


def test_a_recipe_survives_being_written_and_read() -> None:
    for name in recipe_names():
        recipe = load_recipe(name)
        assert Recipe.model_validate_json(recipe.to_json()) == recipe


def test_augmentations_are_fields() -> None:
    for fields in AUGMENTATIONS.values():
        load_recipe("fast", fields)
