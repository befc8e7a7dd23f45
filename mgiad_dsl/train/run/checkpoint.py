"""Checkpoints: written whole, checked when read, the one before kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from textwrap import shorten
from typing import Any

import torch

from mgiad_dsl.base.files import write, writing
from mgiad_dsl.base.source import SpecError

FORMAT = "mgiad checkpoint 1"
KEPT = 2


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write ``folder/step-N.pt`` and remove all but it and the one before. Raises SpecError."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "step": step, **state}, buffer)
    path = folder / f"step-{step:08d}.pt"
    write(path, buffer.getvalue())
    written = [old for old in list_checkpoints(folder) if old <= path]  # later ones are damaged
    for old in written[:-KEPT]:
        with writing(old):
            old.unlink(missing_ok=True)
    return path


def list_checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in a folder, oldest first."""
    return sorted(folder.glob("step-*.pt"))


def read_checkpoint(path: Path, identity: dict[str, str] | None = None) -> dict[str, Any]:
    """Read one checkpoint; no code in it is run.

    Raises SpecError if it is damaged, is no checkpoint of this trainer, or if something in
    ``identity`` (recipe, source, ...) is not what it was when the checkpoint was written.
    """
    try:
        check_sums(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged file makes zip and pickle raise
        raise SpecError(f"{path} is damaged, or holds code ({type(error).__name__})") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise SpecError(f"{path} is not a checkpoint of mgiad train")
    for key, value in (identity or {}).items():
        before = state["identity"].get(key, "")
        if before != value:
            raise SpecError(
                f"{path} belongs to another run: its {key} is not the same "
                f"({first_difference(before, value)})",
                hint="give the arguments the run was started with, or train into another --out",
            )
    return state


def first_difference(before: str, now: str) -> str:
    """The first line in which two texts differ, as it was and as it is."""
    for old, new in zip_longest(before.splitlines(), now.splitlines(), fillvalue="nothing"):
        if old != new:
            old, new = (shorten(line.strip(" ,"), 60) for line in (old, new))
            return f"{old}, now {new}"
    return "in the breaks of its lines"


def check_sums(path: Path) -> None:
    """Raise BadZipFile if a bit has changed: torch writes checksums but does not read them."""
    with zipfile.ZipFile(path) as archive:
        changed = archive.testzip()
    if changed:
        raise zipfile.BadZipFile(changed)


def latest_checkpoint(
    folder: Path, identity: dict[str, str], say: Callable[[str], None]
) -> tuple[Path, dict[str, Any]] | None:
    """The newest checkpoint that can be used, and where; None if there is none at all.

    Each one refused is reported through ``say``; if all are, the error of the oldest is raised.
    """
    refused: SpecError | None = None
    for path in reversed(list_checkpoints(folder)):
        if refused:
            say(f"{refused.message}; trying the checkpoint before it")
        try:
            return path, read_checkpoint(path, identity)
        except SpecError as error:
            refused = error
    if refused:
        raise refused
    return None
