"""How fast `mgiad count` is beside torch, and the compiler in one process.

`python bench/count_speed.py` prints ratios measured side by side in one run:

- `mgiad count` as a whole process, against whole processes that build the emitted network and
  count it: on torch's meta device, by `numel` of its parameters; with torchinfo; with fvcore;
- lowering and counting mgiad at width 3 in one process.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Source
from mgiad_dsl.check import check
from mgiad_dsl.compiler import compile_file, locate
from mgiad_dsl.counting.count import count
from mgiad_dsl.lower import lower
from mgiad_dsl.parse import parse

SPEC = "mgiad:w3"

BEGIN = """
import sys; sys.path.insert(0, sys.argv[1])
import torch
from emitted import Mgiad
"""
OTHERS = {
    "torch on meta, weights alone": """
with torch.device("meta"):
    network = Mgiad()
print(sum(p.numel() for p in network.parameters()))
""",
    "torchinfo, weights and MACs": """
import torchinfo
print(torchinfo.summary(Mgiad(), (1, 3, 32, 32), verbose=0))
""",
    "fvcore, weights and MACs": """
from fvcore.nn import FlopCountAnalysis, parameter_count
network = Mgiad()
print(parameter_count(network)[""], FlopCountAnalysis(network, torch.randn(1, 3, 32, 32)).total())
""",
}


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def whole_processes(repeats: int = 7) -> None:
    """The processes take turns, so that all see the same machine."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "emitted.py").write_text(compile_file(SPEC).python)
        ours = [sys.executable, "-m", "mgiad_dsl", "count", SPEC, "--json"]
        theirs = [[sys.executable, "-c", BEGIN + text, folder] for text in OTHERS.values()]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
        rounds = [
            [seconds(partial(subprocess.run, each, **quiet)) for each in (ours, *theirs)]
            for _ in range(repeats + 1)
        ]
    print(f"mgiad count {SPEC} is faster than a process that counts with")
    for number, name in enumerate(OTHERS, 1):  # the first round fills the file system's caches
        ratio = statistics.median(times[number] / times[0] for times in rounds[1:])
        print(f"    {name}: {ratio:.1f} times")


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
