"""Random numbers that depend on where in training they are drawn, and on nothing else."""

from __future__ import annotations

import hashlib


def seed_for(*place: int) -> int:
    """A 63-bit seed from e.g. (seed, epoch, step).

    Data order and augmentation are functions of the place in training. That makes a resumed
    run, and a run on several devices, see the same images without any state to carry.
    """
    digest = hashlib.blake2b(repr(place).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
