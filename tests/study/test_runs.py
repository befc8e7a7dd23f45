from __future__ import annotations

import json
from pathlib import Path

import pytest

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli import main
from mgiad_dsl.study.runs import difference_table, find_runs, grouped, kept, ordered, read_run
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.run.records import EpochRecord, RunRecord


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Five runs: one network with three seeds, one with another rate, a wider one unfinished."""
    for seed, accuracy in ((0, 0.5), (1, 0.7), (2, 0.9)):
        write(tmp_path / "three" / f"seed{seed}", seed=seed, accuracy=accuracy)
    write(tmp_path / "rate", accuracy=0.95, lr=0.5)
    write(tmp_path / "wide", weights=2_000_000, width="1/2", network="net width=1/2", epochs=1)
    return tmp_path


def write(
    folder: Path,
    seed: int = 0,
    accuracy: float = 0.1,
    lr: float = 0.1,
    weights: int = 1000,
    width: str | int = 2,
    network: str = "net",
    epochs: int = 2,
) -> None:
    folder.mkdir(parents=True)
    record = RunRecord(
        network=network, settings={"width": width, "dense": True},
        task="classes", inputs={"image": (1, 8, 8)}, output=(10,),
        weights=weights, macs=5, data="digits", mean=(0.5,), std=(0.2,), seed=seed,
        hardware="cpu", precision="fp32", deterministic=False, versions={"torch": "2"},
    )  # fmt: skip
    (folder / "run.json").write_text(record.model_dump_json())
    (folder / "recipe.json").write_text(Recipe(name="own", epochs=2, lr=lr).to_json())
    (folder / "network.py").write_text(f"width = {width!r}")
    (folder / "spec.mgspec").write_text(f"network n\nwidth {width}\n")
    lines = [
        EpochRecord(
            epoch=number, step=number, lr=lr, train_loss=1, train_accuracy=0.5,
            images_per_second=1, test_accuracy=accuracy, seconds=10 * number, memory=None,
        ).model_dump_json() + "\n"
        for number in range(1, epochs + 1)
    ]  # fmt: skip
    (folder / "metrics.jsonl").write_text("".join(lines))


def found(folder: Path):
    return grouped(find_runs([folder], pytest.fail))


def names(groups) -> list[str]:
    return [group.first.folder.name for group in groups]


def test_seeds_stand_together(runs) -> None:
    rate, three, wide = found(runs)
    assert [run.record.seed for run in three.runs] == [0, 1, 2]
    assert three.value == pytest.approx(0.7)
    assert three.deviation == pytest.approx(0.2)
    assert (rate.deviation, rate.seconds, wide.seconds) == (None, 20, 10)
    assert (rate.epochs, wide.epochs) == ("2", "1 of 2")


def test_the_table_tells_what_differs_in_the_recipes(runs, capsys) -> None:
    assert main(["runs", str(runs), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["recipe"] for row in rows] == ["own lr=0.5", "own lr=0.1", "own lr=0.1"]
    assert (rows[1]["figure"], rows[1]["held out"]) == ("accuracy %", 70.0)
    assert rows[1]["std"] == 20.0
    assert rows[1]["seeds"] == "0 1 2"
    for form, start in (("--csv", "network,data"), ("--markdown", "**runs**"), ("--latex", "% ru")):
        assert main(["runs", str(runs), form]) == 0
        assert capsys.readouterr().out.startswith(start)


CONDITIONS = {
    "network=net": ["rate", "seed0"],
    "network=net*": ["rate", "seed0", "wide"],
    "network!=net": ["wide"],
    "weights<1.4M": ["rate", "seed0"],
    "weights>=2_000_000": ["wide"],
    "width=0.5": ["wide"],
    "width=1/2": ["wide"],
    "width<1": ["wide"],
    "lr=0.5": ["rate"],
    "accuracy>69": ["rate", "seed0"],
    "seeds=3": ["seed0"],
    "dense=true": ["rate", "seed0", "wide"],
    "hardware=gpu": [],
}


@pytest.mark.parametrize(("condition", "wanted"), CONDITIONS.items(), ids=CONDITIONS.keys())
def test_conditions(condition, wanted, runs) -> None:
    assert names(kept(found(runs), [condition])) == wanted


def test_order(runs) -> None:
    groups = found(runs)
    assert names(ordered(groups, "weights", backwards=True)) == ["wide", "rate", "seed0"]
    assert names(ordered(groups, "width", backwards=False)) == ["wide", "rate", "seed0"]
    assert names(ordered(groups, "std", backwards=False)) == ["seed0", "rate", "wide"]
    assert names(ordered(groups, "std", backwards=True)) == ["seed0", "rate", "wide"]
    assert names(ordered(groups, "network", backwards=True))[0] == "wide"


def test_what_cannot_be_asked(runs) -> None:
    groups = found(runs)
    with pytest.raises(SpecError, match="no run has a 'wdith'") as error:
        kept(groups, ["wdith=2"])
    assert error.value.hint == "did you mean `width`?"
    with pytest.raises(SpecError, match="'weights' is no condition"):
        kept(groups, ["weights"])
    with pytest.raises(SpecError, match="an amount is a number"):
        kept(groups, ["weights<many"])
    with pytest.raises(SpecError, match="no run has a 'size'"):
        ordered(groups, "size", backwards=False)


def test_what_differs_between_two(runs, capsys) -> None:
    table = difference_table(read_run(runs / "rate"), read_run(runs / "wide"))
    assert table.rows == (
        ("network", "net", "net width=1/2"),
        ("weights", "1000", "2000000"),
        ("settings.width", "2", "1/2"),
        ("recipe.lr", "0.5", "0.1"),
        ("epochs", "2", "1"),
        ("accuracy %", "95.00", "10.00"),
        ("seconds", "20", "10"),
        ("spec.mgspec:2", "width 2", "width 1/2"),
    )
    one = str(runs / "rate")
    assert main(["runs", "--diff", one, one, "--csv"]) == 0
    assert capsys.readouterr().out == f",{one},{one}\n"
    assert main(["runs", "--diff", one, one, "--sort", "width"]) == 1


def test_a_damaged_run_is_told_and_left_out(runs, capsys) -> None:
    (runs / "rate" / "recipe.json").write_text("{")
    assert main(["runs", str(runs), "--json"]) == 0
    shown = capsys.readouterr()
    assert len(json.loads(shown.out)) == 2
    assert "rate/recipe.json is damaged" in shown.err


def test_no_runs(tmp_path) -> None:
    with pytest.raises(SpecError, match="there is no folder"):
        find_runs([tmp_path / "nowhere"], pytest.fail)
    with pytest.raises(SpecError, match="there is no run in"):
        find_runs([tmp_path], pytest.fail)
