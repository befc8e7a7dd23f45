"""Where torch begins: emitted source becomes a live module, with trained weights."""

from mgiad_dsl.runtime.load import load
from mgiad_dsl.runtime.weights import new_weights, weights_for

__all__ = ["load", "new_weights", "weights_for"]
