"""Networks in the formats of other programs: in eval mode, for batches of any size."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Container, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.graph.network import Network


def to_onnx(module: nn.Module, network: Network) -> bytes:
    """A network as an ONNX file; its inputs and outputs have the names of the spec.

    Small groups that -O2 computes together stay as they are: their zeros would be stored.

    Args:
        module: the network, which is put into eval mode.
        network: what it was emitted from.

    Raises:
        SpecError: onnxscript is not installed, or PyTorch's exporter cannot do it.
    """
    if find_spec("onnxscript") is None:
        raise SpecError("ONNX files need onnxscript", hint="pip install onnxscript")
    images, shapes = _arguments(network)
    with _exporting("ONNX"), _groups_apart(module):
        program = torch.onnx.export(
            module.eval(),
            images,
            dynamo=True,
            input_names=list(network.inputs),
            output_names=list(network.outputs),
            dynamic_shapes=shapes,
            external_data=False,
            verbose=False,
        )
        assert program is not None
        _tidy(program, {*network.inputs, *network.outputs})
        content: bytes = program.model_proto.SerializeToString()
    return content


def to_pt2(module: nn.Module, network: Network) -> bytes:
    """A network as PyTorch's own exported program, which `torch.export.load` reads.

    It is called like the module: several outputs are a dict by the names of the spec. Arguments
    and errors as of `to_onnx`.
    """
    images, shapes = _arguments(network)
    file = io.BytesIO()
    with _exporting("pt2"):
        torch.export.save(torch.export.export(module.eval(), images, dynamic_shapes=shapes), file)
    return file.getvalue()


def _arguments(network: Network) -> tuple[tuple[Tensor, ...], tuple[dict[int, object], ...]]:
    """Images to trace a network with, and that only their number is free."""
    batch = torch.export.Dim("batch", min=1)
    sizes = [network.operations[value].shape for value in network.inputs.values()]
    images = tuple(torch.zeros(2, *size) for size in sizes)  # 1 would be taken for a constant
    return images, tuple({0: batch} for _ in images)


@contextmanager
def _groups_apart(module: nn.Module) -> Iterator[None]:
    """A context in which convolutions of small groups are computed as they are."""
    joined = [held for held in map(vars, module.modules()) if "together" in held]
    before = [held["together"] for held in joined]
    for held in joined:
        held["together"] = (1, 1)
    try:
        yield
    finally:
        for held, together in zip(joined, before, strict=True):
            held["together"] = together


def _tidy(program: torch.onnx.ONNXProgram, taken: Container[str | None]) -> None:
    """Leave out how it was traced; no inner value may be called like an input or an output."""
    graph = program.model.graph
    graph.metadata_props.clear()
    inner = list(graph.initializers.values())
    for node in graph:
        node.metadata_props.clear()
        inner += node.outputs
    for value in inner:
        if value.name in taken and not value.is_graph_output():
            value.name = f"{value.name}."


@contextmanager
def _exporting(form: str) -> Iterator[None]:
    """Keeps to itself what exporters print, warn and log; what they raise becomes a SpecError."""
    heard, before = io.StringIO(), logging.root.manager.disable
    logging.disable()
    try:
        with warnings.catch_warnings(), redirect_stdout(heard), redirect_stderr(heard):
            warnings.simplefilter("ignore")
            yield
    except Exception as error:  # exporters raise whatever they like
        reason = str(error).strip().partition("\n")[0]
        message = f"PyTorch {torch.__version__} cannot write this network as {form}: {reason}"
        raise SpecError(message) from error
    finally:
        logging.disable(before)
