"""What networks of the zoo reach on data that needs no download: the table of docs/training.md.

`python bench/zoo_training.py [--out DIR]` trains each with the recipe that is the default for its
data, one after the other, each with one thread, and prints the table: about half an hour. What is
in DIR (runs/zoo) is not trained again; a training that was stopped goes on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from mgiad_dsl.base.tables import Column, Table, render, tabulated
from mgiad_dsl.cli.training import slug
from mgiad_dsl.train.run.folder import read_run
from mgiad_dsl.train.run.metrics import last_record, read_records
from mgiad_dsl.train.run.weights import has_weights

IMAGE = "in_channels=1 size=8"
RESNET = f"base=8 {IMAGE} classes=10 stem=3 stem_stride=1 pool=false"
COMMANDS = (
    "digits --data digits",
    f"mgiad --set {IMAGE} classes=10 L=2 width=1/4 c_K=16 g_s=8 --data digits",
    f"mgic --set {IMAGE} width=1/4 c_K=8 g_s=4 --data digits",
    f"mgnet --set {IMAGE} L=2 width=1/4 --data digits",
    f"mgnet_grouped --set {IMAGE} width=1/2 --data digits",
    f"mgnet_jacobi --set {IMAGE} L=2 c=16 --data digits",
    f"mgnet_damped --set {IMAGE} L=2 c=16 --data digits",
    f"mgnet_chebyshev --set {IMAGE} L=2 c=16 --data digits",
    f"poly_mgnet --set {IMAGE} width=1/4 --data digits",
    f"resnet34 --set {RESNET} --data digits",
    f"resnet50 --set {RESNET} --data digits",
    f"resnext50_32x4d --set {RESNET} groups=8 --data digits",
    f"wide_resnet50_2 --set {RESNET} --data digits",
    "darcy --data darcy:64",
    "mgno --set L=5 T=4 width=8 --data darcy:64",
    "unet --set base=3 L=4 classes=1 --data darcy:64",
    "unet_mg --set base=4 in_channels=1 classes=1 --data darcy:64",
    "poisson_learned --data poisson:31",
    "poisson_learned:w_cycle --data poisson:31",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/zoo"), metavar="DIR")
    options = parser.parse_args()
    runs = {command: options.out / slug(command) for command in COMMANDS}
    for command, folder in runs.items():
        if not has_weights(folder):
            _train(command, folder)
    print(render([_table(runs)], "markdown").partition("\n\n")[2])


def _train(command: str, folder: Path) -> None:
    words = [*command.split(), "--device", "cpu", "--out", str(folder), "--quiet"]
    again = ["--resume"] if folder.exists() else []
    subprocess.run(
        [sys.executable, "-m", "mgiad_dsl", "train", *words, *again],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=sys.stderr,
        check=True,
    )


def _table(runs: dict[str, Path]) -> Table:
    columns: tuple[Column[tuple[str, Path]], ...] = (
        Column("`mgiad train ...`", lambda run: f"`{run[0]}`"),
        Column("weights", lambda run: read_run(run[1])[0].weights),
        Column("MACs", lambda run: read_run(run[1])[0].macs),
        Column("held out", lambda run: _figure(run[1])),
        Column("minutes", lambda run: f"{_minutes(run[1]):.1f}"),
    )
    return tabulated("", columns, list(runs.items()))


def _figure(folder: Path) -> str | None:
    """The main figure of the last epoch, in words."""
    record = last_record(folder)
    figure = record.figures[0]
    value = record.figure("test", figure)
    return None if value is None else f"{figure.words} {figure.shown(value)}"


def _minutes(folder: Path) -> float:
    """All of training at the speed of its fastest epoch: other programs slow the others down."""
    _, recipe = read_run(folder)
    records = read_records(folder)
    return records[-1].step * recipe.batch / max(each.images_per_second for each in records) / 60


if __name__ == "__main__":
    main()
