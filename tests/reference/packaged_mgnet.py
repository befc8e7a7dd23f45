# ruff: noqa: E741  # levels are called l, as in the equations
"""The PyPI package `mgnet` 0.1.2 (AKJ7): what it computes, and adapters to compare with it.

`mgnet(smoother, n_iter=[...], n_chan_u=c, n_chan_f=c, in_channels=..., n_classes=...)` builds

    start     f = maxpool(relu(norm(theta image))), u = 0       theta 3x3 with padding 3: n -> n + 4
    smooth    r = relu(norm(f - A u))                           B one per step, A one per level
        jacobi         u <- u + relu(norm(B r))
        damped_jacobi  u <- u + relu(norm(sigmoid(s) B r))      s one learnable number per step
        chebyshev      u, old <- u + w relu(norm(B r)) + (1 - w) old, u      w one number per step
    coarsen   u' = relu(norm(Pi u))                             dense 3x3, stride 2
              f' = relu(norm(R (f - A u) + A' u'))              dense 3x3, stride 2
    output    W mean(u_L)

The norm and relu of f' stand around the whole sum, unlike He and Xu's; `damped_jacobi` scales
inside the norm, so in training mode s hardly matters; `chebyshev` adds (1 - w) old to u + ...
instead of weighting u itself, so it is not the textbook's semi-iteration. The state is a triple
(u, old, f); only chebyshev reads `old`. It starts as zero and becomes the u before the step.

Weights: `conv1.weight`, `bn1`, `fc`; per level one A; per step `B` and two norms (`batch_normA`,
`batch_normB`), and `acceleration` [1, 1] (starts at 1) or `w` [1]; between levels `pi`, `R` and two
norms. In the state dict every A has many keys: `mg_blocks.layer{l}.{i}.A` for each step,
`mg_blocks.layer{l}.{steps + 1}.A_old` where it is left and `mg_blocks.layer{l-1}.{steps + 1}.A_l`
where it is entered. They are one tensor, `parameters()` gives it once, and `load_state_dict` is
indifferent as long as the copies agree. `packaged_groups` names every module by sharing index.

Traps, each pinned by a test:

- chebyshev crashes beyond one level. The first step of a coarser level still holds the `old` of
  the finer one (`MGBlockProlongation` hands on the unrestricted u as `old`), and adding sizes n and
  n/2 raises RuntimeError "The size of tensor a ... must match the size of tensor b". Broadcasting
  never hides it: the first level is at least 3x3.
- chebyshev's `w` is `nn.Parameter(torch.Tensor(1))`: uninitialised memory, which may be NaN. Set it
  before use (`packaged` does).
- `u = torch.zeros(f.shape)` has the default dtype: a net converted with `.double()` fails in the
  first convolution. Build and run it under `torch.set_default_dtype(torch.float64)`.
- `n_chan_u != n_chan_f` never works, at one level neither: u starts with f's channels, and the
  restriction swaps the two.
- `parameters_count` raises AttributeError (it reads `self.paramters`). `multistep` calls itself
  without end: it iterates over `self.modules()`, whose first element is the module itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

SMOOTHERS = ("jacobi", "damped_jacobi", "chebyshev")


@contextmanager
def float64() -> Iterator[None]:
    """The only way to have the package's net in float64: for building and for running."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def packaged(
    smoother: str,
    steps: Sequence[int] = (2, 2, 2, 2),
    channels: int = 128,
    in_channels: int = 3,
    classes: int = 10,
    w: float = 1.0,
) -> nn.Module:
    """The package's net: images [N, in_channels, n, n] to logits; every chebyshev `w` is set."""
    from mgnet.model import mgnet

    net = mgnet(
        smoother,
        n_iter=list(steps),
        n_chan_u=channels,
        n_chan_f=channels,
        in_channels=in_channels,
        n_classes=classes,
    )
    for name, parameter in net.named_parameters():
        if name.endswith(".w"):
            nn.init.constant_(parameter, w)
    return net


def packaged_groups(net: nn.Module) -> dict[str, nn.Module | nn.Parameter]:
    """Everything of the package's net that holds weights, under the names of `parts.groups`."""
    found: dict[str, nn.Module | nn.Parameter] = {"theta": net.conv1, "W": net.fc}
    norms = [net.bn1]
    for l, layer in enumerate(net.mg_blocks, start=1):
        for i, block in enumerate(layer, start=1):
            if hasattr(block, "pi"):
                found[f"Pi[{l + 1}]"] = block.pi
                norms.append(block.batch_norm)
            elif hasattr(block, "A_old"):
                found[f"R[{l + 1}]"] = block.R
                norms.append(block.batch_norm)
            else:
                found[f"A[{l}]"] = block.A
                found[f"B[{l},{i}]"] = block.B
                norms += [block.batch_normA, block.batch_normB]
                for name in ("acceleration", "w"):
                    if hasattr(block, name):
                        found[f"{name}[{l},{i}]"] = getattr(block, name)
    return found | {f"norm[{n}]": norm for n, norm in enumerate(norms)}


def exact_count(
    smoother: str,
    steps: Sequence[int] = (2, 2, 2, 2),
    channels: int = 128,
    in_channels: int = 3,
    classes: int = 10,
) -> int:
    """Weights by arithmetic."""
    c, levels, total_steps = channels, len(steps), sum(steps)
    square = levels + total_steps + 2 * (levels - 1)  # A; B; R and Pi
    norms = 1 + 2 * total_steps + 2 * (levels - 1)
    numbers = 0 if smoother == "jacobi" else total_steps
    head = (c + 1) * classes
    return 9 * in_channels * c + square * 9 * c * c + norms * 2 * c + numbers + head
