"""How fast `mgiad count` is beside torch, and the compiler in one process.

`python bench/count_speed.py` prints ratios measured side by side in one run:

- `mgiad count` as a whole process, against a whole process that imports torch, builds the
  emitted network on the meta device and sums `numel` over its parameters;
- lowering and counting mgiad at width 3 in one process.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Source
from mgiad_dsl.check import check
from mgiad_dsl.compiler import compile_file, locate
from mgiad_dsl.counting.count import count
from mgiad_dsl.lower import lower
from mgiad_dsl.parse import parse

SPEC = "mgiad:w3"

META = """
import sys; sys.path.insert(0, sys.argv[1])
import torch
from emitted import Mgiad
with torch.device("meta"):
    network = Mgiad()
print(sum(p.numel() for p in network.parameters()))
"""


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def whole_processes(repeats: int = 7) -> None:
    """Alternate the two processes, so that both see the same machine."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "emitted.py").write_text(compile_file(SPEC).python)
        ours = [sys.executable, "-m", "mgiad_dsl", "count", SPEC, "--json"]
        theirs = [sys.executable, "-c", META, folder]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
        pairs = []
        for _ in range(repeats + 1):
            a = seconds(lambda: subprocess.run(ours, **quiet))
            b = seconds(lambda: subprocess.run(theirs, **quiet))
            pairs.append((a, b))
    pairs = pairs[1:]  # the first fills the caches of the file system
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"mgiad count {SPEC}: {ratio:.1f} times as fast as torch + sum(numel) on meta")


def in_one_process(repeats: int = 30) -> None:
    tree = parse(Source.read(locate(SPEC)[0]))

    def lower_and_count() -> float:
        report = Report()
        spec = check(tree, "w3", {}, report)
        return seconds(lambda: count(lower(spec, report)))

    times = sorted(lower_and_count() for _ in range(repeats))
    print(
        f"lower + count {SPEC}: median {statistics.median(times) * 1e3:.1f} ms, "
        f"best {times[0] * 1e3:.1f} ms"
    )


if __name__ == "__main__":
    whole_processes()
    in_one_process()
