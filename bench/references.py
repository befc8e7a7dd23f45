"""How fast the emitted networks are beside hand-written ones of the same architecture.

`python bench/references.py [NETWORK ...]` prints the time of a training step (forward and
backward) and of inference at each level of optimisation against the independent implementation
in tests/reference, which is 1: medians of rounds in which all take turns, batch 16, one CPU
thread, float32, after a warm round. With `--compiled` it prints instead what `torch.compile`
does to the emitted one: time to compile its steps one by one and the whole, and a step after it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from turns import inference, ratios, seconds, step

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # tests/reference

from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.rewrite import LEVELS
from mgiad_dsl.runtime import load
from tests.reference import mgiad, mgic, mgnet, mgnet_grouped, poly_mgnet, residual

REFERENCES: dict[str, Callable[[], nn.Module]] = {
    "mgnet": lambda: mgnet.MgNet(1),
    "mgnet:A": lambda: mgnet.MgNet(1, share_b=False),
    "mgnet_grouped:g8": lambda: mgnet_grouped.GroupedMgNet(8, width=1),
    "poly_mgnet": lambda: poly_mgnet.PolyMgNet(1),
    "mgic": lambda: mgic.MGIC(1),
    "mgiad": lambda: mgiad.MGiaD(1),
    "mgiad:g4_cK32": lambda: mgiad.MGiaD(1, c_k=32, g_s=4),
    "resnet18:cifar10": lambda: residual.build("resnet18", 10, cifar=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", default=list(REFERENCES))
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    images = torch.randn(options.batch, 3, 32, 32)
    (_compiled_table if options.compiled else _table)(options.networks, images, options.rounds)


def _table(names: Sequence[str], images: Tensor, rounds: int) -> None:
    heads = [f"{what} -O{level}" for what in ("step", "inference") for level in LEVELS]
    print(f"| network | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}")
    for name in names:
        networks = [REFERENCES[name](), *(_emitted(name, level) for level in LEVELS)]
        cells = [
            f"{median:.2f}"
            for run in (step, inference)
            for median in ratios(networks, run, images, rounds)[1:]
        ]
        print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


def _compiled_table(names: Sequence[str], images: Tensor, rounds: int) -> None:
    """Against the emitted network as it is; times to compile against each other. Channels are last,
    as in training.
    """
    images = images.to(memory_format=torch.channels_last)
    print("| network | compiling: steps / whole | step: steps one by one | step: whole |")
    print("|---|---|---|---|")
    for name in names:
        plain, regions, whole = (
            _emitted(name, 1, copy=f" {n}").to(memory_format=torch.channels_last) for n in range(3)
        )
        namespace = type(regions).forward.__globals__
        for function in namespace.get("REGIONS", ()):
            namespace[function.__name__] = torch.compile(function, dynamic=False)
        whole.compile(dynamic=False)
        with torch._dynamo.config.patch(cache_size_limit=256):
            times = [seconds(step, network, images) for network in (regions, whole)]
            found = ratios([plain, regions, whole], step, images, rounds)
        cells = [f"{times[0] / times[1]:.2f}", *(f"{ratio:.2f}" for ratio in found[1:])]
        print(f"| `{name}` | {' | '.join(cells)} |", flush=True)
        torch.compiler.reset()


def _emitted(name: str, level: int, copy: str = "") -> nn.Module:
    """The network of a spec; each ``copy`` has functions of its own."""
    tree, variant = read(name)
    compiled = compile_tree(tree, variant, {}, level)
    return load(compiled.python, f"{compiled.name}{copy}")


if __name__ == "__main__":
    main()
