"""The cost of check + lower + count as a network unrolls to 10,000 operations.

`python bench/scaling.py` prints the time per operation for growing numbers of smoothing steps
and of levels: it stays the same when the cost is linear.
"""

from __future__ import annotations

import time

from mgiad_dsl.base.source import Source
from mgiad_dsl.compiler import compile_source

CHAIN = """
network chain(depth = 1, steps = 1)
input image : 8 x 16 x 16
levels l in 1..depth : resolution
spaces u[l], f[l] : 8 channels
operators {
    A[l]    : u[l] -> f[l]    conv 3x3
    B[l]    : f[l] -> u[l]    conv 3x3
    R[l]    : f[l-1] -> f[l]  conv 1x1
    P[l]    : u[l-1] -> u[l]  conv 1x1
    norm[*] : batchnorm
}
start { f[1] = image   u[1] = 0 }
cycle over l : backslash {
    smooth steps { u[l] = u[l] + relu(norm(B[l](relu(norm(f[l] - A[l](u[l])))))) }
    coarsen { u[l+1] = P[l+1](u[l])   f[l+1] = R[l+1](f[l] - A[l](u[l])) }
}
output result = u[depth]
"""


def measure(levels: int, steps: int) -> None:
    settings = {"depth": levels, "steps": steps}
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        compiled = compile_source(Source("chain", CHAIN), settings=settings)
        best = min(best, time.perf_counter() - start)
    operations = len(compiled.written.operations)
    print(
        f"{levels:5} levels {steps:5} steps {operations:7,} operations "
        f"{best / operations * 1e6:6.1f} us each"
    )


if __name__ == "__main__":
    for count in (10, 100, 1000):
        measure(1, count)
    for count in (10, 100, 750):
        measure(count, 1)
