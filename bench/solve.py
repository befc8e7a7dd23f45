"""How fast `mgiad solve` is: a thousand candidates, beside compiling each of them.

`python bench/solve.py` counts 1,008 candidates of mgiad in this process, on one core, and says how
often the compiler ran for that; then it compiles a sample of them one by one, as a loop over
`mgiad_dsl.count` would, and compares every count.
"""

from __future__ import annotations

import random
import time

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.solving.counted import Candidate, counted
from mgiad_dsl.solving.grid import Grid, axis

VARY = {"width": "0.5:4:0.1", "c_K": "8,16,32,48,64,96,128", "g_s": "4,8,16,64"}
SAMPLE = 50


def main() -> None:
    tree, variant = read("mgiad")
    grid = Grid(tree, variant, tuple(axis(name, text) for name, text in VARY.items()), {})
    start = time.process_time()
    found = list(counted(grid))
    seconds = time.process_time() - start
    networks = sum(isinstance(each, Candidate) for each in found)
    print(f"{len(found):,} candidates, {networks:,} of them networks: {seconds:.2f} s of one core")
    print(f"  {1000 * seconds / len(found):.2f} ms each")

    sample = random.Random(0).sample(found, SAMPLE)
    start = time.process_time()
    for each in sample:
        try:
            exact = compile_tree(tree, variant, dict(each.values)).count
        except SpecError:
            assert not isinstance(each, Candidate)
        else:
            assert isinstance(each, Candidate)
            assert (each.weights, each.macs) == (exact.weights, exact.macs)
    each_alone = (time.process_time() - start) / SAMPLE
    print(f"compiled one by one: {1000 * each_alone:.1f} ms each, of a sample of {SAMPLE}")
    print(f"  {each_alone * len(found) / seconds:.0f} times as long")


if __name__ == "__main__":
    main()
