"""Where torch begins: emitted source becomes a live module, with weights, in other formats."""

from mgiad_dsl.runtime.export import to_onnx, to_pt2
from mgiad_dsl.runtime.load import load, load_compiled
from mgiad_dsl.runtime.weights import new_weights, weights_for

__all__ = ["load", "load_compiled", "new_weights", "to_onnx", "to_pt2", "weights_for"]
