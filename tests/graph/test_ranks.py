"""Shapes, weights and multiply-accumulates of operations in one, two and three dimensions."""

from __future__ import annotations

import pytest

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.describe import describe
from mgiad_dsl.graph.shapes import macs, result
from mgiad_dsl.graph.weights import tensors

N = 9  # points along each dimension
RANKS = (1, 2, 3)


def size(n: int, rank: int) -> tuple[int, ...]:
    return (n,) * rank


@pytest.mark.parametrize("rank", RANKS)
def test_what_is_left_out_fits_the_kernel(rank: int) -> None:
    op = ops.Conv(4, 6, size(3, rank))
    ones, zeros = size(1, rank), size(0, rank)
    assert (op.stride, op.dilation) == (ones, ones)
    assert (op.padding, op.output_padding) == (zeros, zeros)
    assert op == ops.Conv(4, 6, size(3, rank), ones, zeros, ones, output_padding=zeros)


@pytest.mark.parametrize("rank", RANKS)
def test_convolutions(rank: int) -> None:
    op = ops.Conv(4, 6, size(3, rank), size(2, rank), size(1, rank), groups=2, bias=True)
    shape = result(op, ((4, *size(N, rank)),), ())
    assert shape == (6, *size(5, rank))
    assert [t.shape for t in tensors(op)] == [(6, 2, *size(3, rank)), (6,)]
    assert macs(op, (4, *size(N, rank)), shape) == 5**rank * 4 * 6 // 2 * 3**rank


@pytest.mark.parametrize("rank", RANKS)
def test_transposed_convolutions(rank: int) -> None:
    op = ops.Conv(
        4, 6, size(3, rank), size(2, rank), size(1, rank), transposed=True,
        output_padding=size(1, rank),
    )  # fmt: skip
    shape = result(op, ((4, *size(N, rank)),), ())
    assert shape == (6, *size(18, rank))
    assert [t.shape for t in tensors(op)] == [(4, 6, *size(3, rank))]
    assert macs(op, (4, *size(N, rank)), shape) == N**rank * 4 * 6 * 3**rank


@pytest.mark.parametrize(
    ("rows", "kernel"),
    [
        ((-1, 2, -1), (3,)),
        (((0, 1), (2, 3), (4, 5)), (3, 2)),
        ((((1, 2), (3, 4)),), (1, 2, 2)),
    ],
)
def test_stencils(rows: ops.Rows, kernel: tuple[int, ...]) -> None:
    op = ops.Stencil(rows, fixed=True)
    shape = result(op, ((5, *size(N, len(kernel))),), ())
    assert op.kernel == kernel
    assert shape == (5, *(N - k + 1 for k in kernel))
    assert [t.shape for t in tensors(op)] == [kernel]


@pytest.mark.parametrize("rank", RANKS)
def test_resamplings(rank: int) -> None:
    image = (5, *size(N, rank))
    assert result(ops.Pool(True), (image,), ()) == (5, *size(1, rank))
    window = ops.Pool(False, size(3, rank), size(2, rank))
    assert result(window, (image,), ()) == (5, *size(4, rank))
    up = ops.Upsample(size(2 * N, rank), "nearest")
    assert result(up, (image,), ()) == (5, *size(2 * N, rank))
    assert macs(up, image, (5, *size(2 * N, rank))) == 0


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (ops.Conv(4, 6, (3,), (2,)), "conv 3 4 -> 6, stride 2"),
        (ops.Conv(4, 6, (3, 3, 3)), "conv 3x3x3 4 -> 6"),
        (ops.Pool(True, (2, 2, 2), (1, 2, 2)), "maxpool 2x2x2, stride 1x2x2"),
    ],
)
def test_words(op: ops.Op, words: str) -> None:
    assert describe(op) == words
