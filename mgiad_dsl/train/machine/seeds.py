"""Random numbers that depend on where in training they are drawn, and on nothing else.

Data order and augmentation are functions of the place in training. That makes a resumed run,
and a run on several devices, see the same images without any state to carry. The numbers are
drawn on the CPU: other devices have other generators.
"""

from __future__ import annotations

import hashlib

import torch


def seed_for(*place: int) -> int:
    """A 63-bit seed from e.g. (seed, epoch, step)."""
    digest = hashlib.blake2b(repr(place).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator_for(*place: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed_for(*place))
