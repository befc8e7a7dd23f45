"""From the word after ``--data`` to a data set."""

from __future__ import annotations

from collections.abc import Mapping

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data import archives, builtin, folders, generated, masks, tensor_files
from mgiad_dsl.train.data.names import NAMES
from mgiad_dsl.train.data.sets import DataSet, Where

ALONE = ("digits", "mnist", "fashionmnist", "cifar10", "cifar100", "imagenet", "pets", "voc")


def open_data(
    name: str,
    where: Where | None = None,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    output: tuple[int, ...] = (10,),
) -> DataSet:
    """Open a data set; ``inputs`` and ``output`` of a network decide what ``fake`` is, and the
    channels of the output are the classes of a ``maskfolder`` that does not say.

    Raises SpecError for an unknown name and for missing or damaged files. Nothing is
    downloaded unless ``where`` says so.
    """
    where = where or Where()
    kind, _, path = name.partition(":")
    if path and kind in ALONE:
        raise SpecError(f"data set {kind} takes nothing after it", hint=f"--data {kind}")
    match kind:
        case "digits":
            return builtin.digits()
        case "fake":
            inputs = inputs or {"image": (3, 32, 32)}
            if len(output) > 1:
                return builtin.fake_fields(name, inputs, output)
            return builtin.fake(name, next(iter(inputs.values())), output[0])
        case "mnist" | "fashionmnist" | "cifar10" | "cifar100":
            return archives.open_archive(kind, where)
        case "imagenet":
            return folders.imagenet(where)
        case "imagefolder":
            return folders.image_folder(path)
        case "pets":
            return masks.pets(where)
        case "voc":
            return masks.voc(where)
        case "maskfolder":
            return masks.mask_folder(path, output[0])
        case "poisson" | "darcy":
            return generated.generated(name)
        case "tensors":
            return tensor_files.tensor_file(path)
        case _:
            raise SpecError(f"there is no data set {name!r}", hint=f"data sets: {NAMES}")
