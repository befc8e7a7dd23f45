"""Loss and figure while training, added up on the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mgiad_dsl.train.machine.distributed import add_up, world

NEVER = 2**62


@dataclass(frozen=True)
class Figures:
    """Means over the steps since the last reset."""

    loss: float
    figure: float
    images: int


class Tally:
    """Sums that stay on the device: adding never waits for it, reading does."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(2, dtype=torch.float64, device=device)  # loss, figure
        self.first_bad = torch.full((), NEVER, dtype=torch.int64, device=device)
        self.images = 0

    @torch.no_grad()
    def add(self, loss: Tensor, figure: Tensor, n: int, step: int) -> None:
        """Note the mean loss of ``n`` samples, a part of step ``step``, and whether it is finite;
        and the sum of their figures.
        """
        self.sums[0] += loss * n
        self.sums[1] += figure
        bad = self.first_bad.clamp(max=step)
        self.first_bad = torch.where(loss.isfinite(), self.first_bad, bad)
        self.images += n

    def read(self) -> Figures:
        loss, figure = (self.sums / max(1, self.images)).tolist()
        return Figures(loss, figure, self.images)

    def total(self) -> Figures:
        """The same over all processes, which have seen equally many images each."""
        images = self.images * world().size
        loss, figure = (add_up(self.sums.clone()) / max(1, images)).tolist()
        return Figures(loss, figure, images)

    def bad_step(self) -> int | None:
        """The first step whose loss was NaN or infinite."""
        step = int(self.first_bad)
        return None if step == NEVER else step

    def reset(self) -> None:
        self.sums.zero_()
        self.images = 0

    def state(self) -> dict[str, object]:
        return {"sums": self.sums.cpu(), "images": self.images}

    def restore(self, state: dict[str, object]) -> None:
        self.sums.copy_(state["sums"])  # type: ignore[arg-type]
        self.images = state["images"]  # type: ignore[assignment]
