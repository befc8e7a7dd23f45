"""Amounts of memory, read and shown."""

from __future__ import annotations

import pytest

from mgiad_dsl import SpecError
from mgiad_dsl.base.amounts import amount, shown


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("16GiB", 16 * 2**30),
        ("16 gib", 16 * 2**30),
        (" 1.5 kB ", 1500),
        ("0.5KiB", 512),
        ("7B", 7),
        ("2 TB", 2 * 10**12),
        ("3MiB", 3 * 2**20),
        ("0.3 B", 0),
    ],
)
def test_bytes(text: str, bytes_: int) -> None:
    assert amount(text) == bytes_


@pytest.mark.parametrize(
    "text",
    ["", "16", "GiB", "16 bananas", "-1GiB", "1e3GiB", "1_0GiB", "1.GiB", "٣GiB", "9" * 500],
)
def test_no_amount(text: str) -> None:
    with pytest.raises(SpecError, match="is no amount of memory"):
        amount(text)


@pytest.mark.parametrize(
    ("bytes_", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (1_180_000, "1.13 MiB"),
        (16 * 2**30, "16 GiB"),
        (5000 * 2**40, "5000 TiB"),
    ],
)
def test_shown(bytes_: int, text: str) -> None:
    assert shown(bytes_) == text
