"""Files that are whole or absent, never half written."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from mgiad_dsl.base.source import SpecError


def write(path: Path, data: bytes | str) -> None:
    """Write next to ``path``, flush to the disk, then rename onto ``path``.

    A crash at any moment leaves either the old file or the new one.

    Raises:
        SpecError: the disk is full or the folder cannot be written; what was there stays.
    """
    check_file(path)
    content = data.encode() if isinstance(data, str) else data
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        _remove(temporary)
        raise _cannot_write(path, error) from None


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """A context in which others write under ``path``: where they cannot, SpecError is raised."""
    try:
        yield
    except OSError as error:
        raise _cannot_write(path, error) from None


def append(path: Path, line: str) -> None:
    """Add a line, and flush it to the disk. Raises SpecError; earlier lines stay."""
    with writing(path), open(path, "a") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def _cannot_write(path: Path, error: OSError) -> SpecError:
    hint = (
        "everything written before is still there; free some space (a training continues "
        "with --resume)"
    )
    full = error.errno == errno.ENOSPC
    return SpecError(f"{path} cannot be written: {error.strerror}", hint=hint if full else None)


def check_file(path: Path) -> None:
    """Raise SpecError where a folder has the place of a file that is to be written."""
    if path.is_dir():
        raise SpecError(f"{path} cannot be written: it is a folder")


def check_folder(path: Path, hint: str) -> None:
    """Raise SpecError unless files can be written in a folder ``path``, existing or to be made.

    Makes nothing.
    """
    try:
        nearest = next(each for each in (path, *path.parents) if each.exists())
    except OSError as error:  # a name that is too long, a folder that must not be entered
        raise SpecError(f"{path} cannot be a folder: {error.strerror}", hint=hint) from None
    if not nearest.is_dir():
        raise SpecError(f"{path} cannot be a folder: {nearest} is a file", hint=hint)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise SpecError(f"{path} cannot be written: no permission for {nearest}", hint=hint)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are missing. Raises SpecError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpecError(
            f"{path} cannot be made: {error.strerror}", hint="--out names another folder"
        ) from None


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def remove_unfinished(folder: Path) -> None:
    """Remove what ``write`` left in a folder when its process was killed."""
    for path in folder.glob(".*.tmp"):
        _remove(path)


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut (POSIX asks for an fsync of the folder)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
