"""Figures that say how well a network does: their words, and which of two is better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """``name`` is that in records and JSON; a ``percent`` is a share 0..1, shown times 100."""

    name: str
    words: str
    percent: bool
    higher_is_better: bool

    def better(self, one: float, other: float) -> bool:
        """Whether ``one`` is better than ``other``; NaN never is."""
        return one > other if self.higher_is_better else one < other

    def shown(self, value: float) -> str:
        """``98.61 %`` or ``0.0573``"""
        return f"{100 * value:.2f} %" if self.percent else f"{value:.4f}"


ACCURACY = Figure("accuracy", "accuracy", percent=True, higher_is_better=True)
MEAN_IOU = Figure("mean_iou", "mean IoU", percent=True, higher_is_better=True)
PIXEL_ACCURACY = Figure("pixel_accuracy", "pixel accuracy", percent=True, higher_is_better=True)
RELATIVE_L2 = Figure("relative_l2", "relative L2 error", percent=True, higher_is_better=False)
RELATIVE_H1 = Figure("relative_h1", "relative H1 error", percent=True, higher_is_better=False)
FACTOR = Figure("factor", "factor per cycle", percent=False, higher_is_better=False)

FIGURES = {
    figure.name: figure
    for figure in (ACCURACY, MEAN_IOU, PIXEL_ACCURACY, RELATIVE_L2, RELATIVE_H1, FACTOR)
}
