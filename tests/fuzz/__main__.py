"""``python -m tests.fuzz 100000 [first]``: many mutants, on all cores."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz import Failure, attempt, mutant


def _tried(seed: int) -> tuple[int, Failure | None]:
    return seed, attempt(mutant(seed))


def _failures(seeds: range) -> Iterator[tuple[int, Failure]]:
    with ProcessPoolExecutor() as pool:
        for seed, failure in pool.map(_tried, seeds, chunksize=50):
            if failure is not None:
                yield seed, failure


def main(count: int, first: int = 0) -> int:
    """Print one seed for each place that breaks, and how many mutants broke."""
    broken, places = 0, set()
    for seed, failure in _failures(range(first, first + count)):
        broken += 1
        if failure.where not in places:
            places.add(failure.where)
            print(f"seed {seed}: {failure.what} ({failure.where})", flush=True)
    print(f"{broken:,} of {count:,} mutants break, at {len(places)} places")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
