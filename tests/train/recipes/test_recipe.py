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
    assert recipe_names() == [
        "darcy",
        "digits",
        "fast",
        "imagenet",
        "paper",
        "poisson",
        "segmentation",
        "trial",
    ]
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
    ("optimiser=adam", 'optimiser cannot be "adam"', "one of sgd, adamw, rmsprop"),
    ("betas=0.9", "betas cannot be 0.9", "a list of 2, each a finite number, at least 0, below 1"),
    ("betas=[0.9,1]", "betas cannot be 1", "each a finite number, at least 0, below 1 (of adamw)"),
    ("betas=[0.9]", "betas cannot be [0.9]", "betas is a list of 2"),
    ("alpha=1", "alpha cannot be 1", "at least 0, below 1 (of rmsprop)"),
    ("eps=0", "eps cannot be 0", "above 0 (of adamw and rmsprop)"),
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


FOREIGN = [
    ("betas=[0.8,0.9]", "sgd has no betas", "of its own it has momentum, nesterov"),
    ("eps=0.1 alpha=0.5", "sgd has no eps, alpha", "momentum, nesterov"),
    ("optimiser=adamw lr=1 momentum=0", "adamw has no momentum", "betas, eps"),
    ("optimiser=rmsprop lr=1 nesterov=true", "rmsprop has no nesterov", "momentum, alpha, eps"),
    ("optimiser=adamw", "adamw needs a learning rate of its own", "optimiser=adamw lr=0.001"),
]


@pytest.mark.parametrize(("words", "message", "hint"), FOREIGN)
def test_parameters_of_another_optimiser_are_refused(words, message, hint) -> None:
    with pytest.raises(SpecError) as error:
        load_recipe("fast", parse_changes(words.split()))
    assert error.value.message == f"recipe: {message}"
    assert hint in error.value.hint


def test_with_another_optimiser_the_parameters_of_the_former_are_forgotten() -> None:
    changes = parse_changes(["optimiser=adamw", "lr=0.001", "betas=[0.9,0.95]"])
    recipe = load_recipe("fast", changes)  # it has nesterov
    assert (recipe.betas, recipe.lr, recipe.batch) == ((0.9, 0.95), 0.001, 512)
    assert "betas=[0.9,0.95] eps=1e-08" in str(recipe)
    assert "momentum" not in str(recipe)
    assert Recipe.model_validate_json(recipe.to_json()) == recipe
    assert load_recipe("fast", {"optimiser": "sgd"}) == load_recipe("fast")


def test_a_file_may_name_its_optimiser(tmp_path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"optimiser": "rmsprop", "lr": 0.01, "alpha": 0.9}')
    assert load_recipe(str(path)).alpha == 0.9
    assert load_recipe(str(path), {"optimiser": "sgd", "lr": 0.3}).lr == 0.3
    path.write_text('{"optimiser": "rmsprop"}')
    with pytest.raises(SpecError, match="rmsprop needs a learning rate"):
        load_recipe(str(path))


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
    assert "darcy, digits, fast, imagenet, paper, poisson, segmentation, trial" in error.value.hint


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
