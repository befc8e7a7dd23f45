"""The folder of a run: everything needed to understand, repeat and evaluate it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from mgiad_dsl.base.files import make_folder, write
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.runtime import load
from mgiad_dsl.train.network import Network, compiled_again
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.run.checkpoint import list_checkpoints
from mgiad_dsl.train.run.records import RunRecord, read_record
from mgiad_dsl.train.run.weights import has_weights, load_weights, read_weights, weights_file


def check_folders(out: Path, folders: list[Path], resume: bool) -> None:
    """Raise SpecError if training into ``folders`` would overwrite a run, or the report in
    ``out`` of several.
    """
    if not resume and (any(out.glob("run.json")) or any(out.glob("*/run.json"))):
        raise SpecError(
            f"{out} already holds a run", hint="--resume to continue it, or another --out"
        )
    for folder in folders:
        if has_weights(folder) and not list_checkpoints(folder):
            raise SpecError(
                f"{folder} holds trained weights, and no checkpoint to continue from",
                hint="another --out",
            )


def write_run(folder: Path, network: Network, record: RunRecord, recipe: Recipe) -> None:
    """Write spec, generated source, recipe and record of a run that is about to start."""
    make_folder(folder)
    write(folder / "spec.mgspec", network.spec_text)
    write(folder / "network.py", network.source)
    write(folder / "recipe.json", recipe.to_json())
    write(folder / "run.json", record.model_dump_json(indent=2) + "\n")


def read_run(folder: Path) -> tuple[RunRecord, Recipe]:
    """The record and recipe of a run. Raises SpecError if the folder holds none."""
    if not os.path.isfile(folder / "run.json"):
        seeds = sorted(path.parent.name for path in folder.glob("*/run.json"))
        hint = f"one of its runs: {', '.join(seeds)}" if seeds else "mgiad train makes one"
        raise SpecError(f"{folder} is not the folder of a run", hint=hint)
    return read_record(folder / "run.json", RunRecord), read_record(folder / "recipe.json", Recipe)


def network_of(folder: Path, record: RunRecord) -> Network:
    """The network of a run as it was compiled. It can be compiled again for other sizes if the
    folder holds its spec.
    """
    path = folder / "spec.mgspec"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""

    def again(changes: Mapping[str, object]) -> Network:
        if not text:
            raise SpecError(f"{path} cannot be read")
        return compiled_again(str(path), text, record.settings | dict(changes))

    return Network(
        name=record.network,
        build=lambda: build(folder / "network.py"),
        inputs=record.inputs,
        output=record.output,
        weights=record.weights,
        macs=record.macs,
        spec_text=text,
        source="",
        settings=record.settings,
        compile=again,
    )


def load_network(folder: Path, weights: Path | None = None) -> nn.Module:
    """Rebuild the trained network of a run: execute its source, load its weights, or other
    ``weights`` of the same network.
    """
    model = build(folder / "network.py")
    if weights is None:
        load_weights(folder, model)
    else:
        load_weights(weights, model, hint=f"--weights takes those of the network in {folder}")
    return model


def trained_weights(path: Path) -> dict[str, Tensor]:
    """The weights of a run, by its folder or by a file of them. Raises SpecError."""
    if path.is_dir():
        read_run(path)  # says so if it is none
        path = weights_file(path)
    return read_weights(path)


def build(path: Path) -> nn.Module:
    """A fresh instance of the network in a run's emitted source, which is executed."""
    try:
        return load(path.read_text(), path.parent.name)
    except FileNotFoundError as error:
        raise SpecError(f"there is no {path}") from error
    except Exception as error:  # whatever a file changed by hand makes Python raise
        raise SpecError(f"{path} gives no network: {error}") from error
