"""What ``mgiad compile`` makes with torch: trained weights for inference, exported networks."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from typing_extensions import assert_never

from mgiad_dsl.base.files import check_file
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.messages import say
from mgiad_dsl.cli.training import need_torch
from mgiad_dsl.compiler import Compiled

if TYPE_CHECKING:
    from torch import Tensor

Form = Literal["onnx", "pt2"]


def add_export_arguments(command: ArgumentParser) -> None:
    command.add_argument(
        "--inference",
        action="store_true",
        help="for inference alone: batch norms become part of the operators before them",
    )
    command.add_argument(
        "--weights",
        type=Path,
        metavar="RUN",
        help="the folder of a run, or its weights.safetensors: trained weights to export, or "
        "with --inference to write beside FILE",
    )
    command.add_argument(
        "--export",
        choices=get_args(Form),
        help="write FILE for ONNX runtimes, or for torch.export.load, instead of the source",
    )


def check_export_arguments(options: Namespace) -> None:
    """Raise SpecError for what fits no other option, or where PyTorch is missing."""
    if options.export:
        _check_export(options)
    elif options.weights:
        _check_weights(options)
    if options.export or options.weights:
        check_file(Path(options.output))
        need_torch("--export" if options.export else "--weights")


def _check_export(options: Namespace) -> None:
    if options.output == "-":
        raise SpecError("--export writes a file", hint=f"-o net.{options.export}")
    if options.emit != "python":
        raise SpecError(f"--export and --emit {options.emit} are two commands")


def _check_weights(options: Namespace) -> None:
    if not options.inference:
        raise SpecError(
            "--weights has nothing to do: the source of a network does not hold its weights",
            hint="--inference -o net.py writes them for inference; --export onnx -o net.onnx",
        )
    if options.output == "-" or options.emit != "python":
        raise SpecError("--weights are written beside the source", hint="-o net.py")
    if Path(options.output).suffix == ".safetensors":
        raise SpecError(f"{options.output} is where the weights go", hint="-o net.py")


def weights_beside(options: Namespace) -> Path:
    """``net.safetensors`` for ``net.py``"""
    return Path(options.output).with_suffix(".safetensors")


def folded_weights(made: Compiled, options: Namespace) -> bytes:
    """The file of trained weights for a network. Raises SpecError."""
    from mgiad_dsl.train.run.weights import packed

    return packed(_trained(made, options.weights))


def exported(network: Compiled, made: Compiled, options: Namespace) -> bytes:
    """The file of an exported network. Raises SpecError.

    Args:
        network: as it is trained.
        made: what is exported.
        options: the format, and where weights are if they are not to be fresh ones.
    """
    from mgiad_dsl.runtime import load, new_weights, to_onnx, to_pt2, weights_for

    if options.weights:
        weights = _trained(made, options.weights)
    else:
        say("note: the weights are new ones (seed 0); --weights RUN exports trained ones")
        weights = weights_for(made, new_weights(network))
    module = load(made.python, made.name)
    module.load_state_dict(weights)
    form: Form = options.export
    match form:
        case "onnx":
            return to_onnx(module, made.network)
        case "pt2":
            return to_pt2(module, made.network)
        case _:
            assert_never(form)


def _trained(made: Compiled, path: Path) -> dict[str, Tensor]:
    from mgiad_dsl.runtime import weights_for
    from mgiad_dsl.train.run.folder import trained_weights

    return weights_for(made, trained_weights(path), path)
