"""Figures of matplotlib, made without a display, and written in several formats."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.plot.style import HEIGHT, RC, WIDTH

DPI = 300
FORMATS = ("png", "svg", "pdf")
_UNDATED = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def need_libraries() -> None:
    """Raise SpecError where those that draw are not installed."""
    try:
        import matplotlib  # noqa: F401
        import plotly  # noqa: F401
    except ImportError:
        hint = 'pip install "mgiad-dsl[plot]"'
        raise SpecError("figures need matplotlib and plotly", hint=hint) from None


def drawn(
    draw: Callable[..., None], formats: Sequence[str], rows: int = 1, height: float = HEIGHT
) -> dict[str, bytes]:
    """A figure of ``rows`` axes in formats: ``draw`` is given the figure, and its axes."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(RC):
        figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure, *figure.subplots(rows, 1, squeeze=False)[:, 0])
        return {form: _saved(figure, form) for form in formats}


def _saved(figure: Any, form: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=DPI, metadata=_UNDATED[form])
    return buffer.getvalue()
