"""``tensors:FILE.safetensors``: one's own inputs and targets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.sets import Tensors, TensorSet

TARGET = "target"
EXPECTED = (
    f"a file of tensors (samples, ...) named train.INPUT, train.{TARGET}, test.INPUT and "
    f"test.{TARGET}, or two files TRAIN.safetensors,TEST.safetensors without train. and test."
)
IGNORED = 255  # among labels of pixels


def tensor_file(path: str) -> TensorSet:
    """Samples from one file, or from two with a comma between them. Raises SpecError.

    Inputs are numbers. A target of integers holds labels, of samples or of their points (255
    does not count); any other target is a field.
    """
    files = path.split(",")
    if not path or len(files) > 2:
        raise SpecError("tensors: needs the path of a file, or of two", hint=EXPECTED)
    if len(files) == 2:
        parts = [read_tensors(Path(file)) for file in files]
    else:
        whole = read_tensors(Path(path))
        parts = [below(whole, part) for part in ("train.", "test.")]
    if all(parts) and set(parts[0]) != set(parts[1]):
        odd = ", ".join(sorted(set(parts[0]) ^ set(parts[1])))
        raise SpecError(f"{path}: {odd} is not both in training and held out", hint=EXPECTED)
    train, test = (samples(part, path) for part in parts)
    names = tuple(sorted(set(parts[0]) - {TARGET}))
    check_alike(train, test, path)
    return TensorSet(f"tensors:{path}", names, train, test, classes_of(train, test))


def read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(path.read_bytes())
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}", hint=EXPECTED) from error
    except (SafetensorError, KeyError, ValueError) as error:  # KeyError: a dtype torch lacks
        raise SpecError(f"{path} is damaged, or no .safetensors file", hint=EXPECTED) from error


def below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def samples(tensors: Mapping[str, Tensor], path: str) -> Tensors:
    """Inputs in the order of their names, and targets. Raises SpecError."""
    if TARGET not in tensors or len(tensors) < 2:
        found = ", ".join(sorted(tensors)) or "nothing"
        raise SpecError(f"{path} lacks an input or the target; it has {found}", hint=EXPECTED)
    lengths = {name: len(tensor) if tensor.ndim else 0 for name, tensor in tensors.items()}
    if len(set(lengths.values())) > 1 or min(lengths.values()) == 0:
        counts = ", ".join(f"{n} of {name}" for name, n in sorted(lengths.items()))
        raise SpecError(f"{path}: not as many samples of each: {counts}", hint=EXPECTED)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise SpecError(f"{path}: {name} has NaN or infinite numbers")
    inputs = tuple(tensors[name].float() for name in sorted(tensors) if name != TARGET)
    target = tensors[TARGET]
    return Tensors(inputs, target.float() if target.is_floating_point() else target.long())


def check_alike(train: Tensors, test: Tensors, path: str) -> None:
    """Raise SpecError if held-out samples have other shapes or kinds of targets."""
    kinds = [
        [(tuple(each.shape[1:]), each.is_floating_point()) for each in (*part.inputs, part.targets)]
        for part in (train, test)
    ]
    if kinds[0] != kinds[1]:
        raise SpecError(f"{path}: training and held-out tensors differ in shape or kind of number")


def classes_of(train: Tensors, test: Tensors) -> tuple[str, ...]:
    """Numbers of the classes of labels, from 0 on; none of fields. Raises SpecError."""
    if train.targets.is_floating_point():
        return ()
    labels = torch.cat([train.targets.unique(), test.targets.unique()]).unique().tolist()
    if train.targets.ndim > 1:
        labels = [label for label in labels if label != IGNORED]
    if not labels or labels[0] < 0:
        raise SpecError("labels are whole numbers from 0 on", hint=EXPECTED)
    return tuple(map(str, range(labels[-1] + 1)))
