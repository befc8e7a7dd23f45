"""Pictures, where matplotlib is installed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from mgiad_dsl.base.files import write


def figure(columns: int, rows: int = 1) -> Any:
    """A matplotlib figure with axes side by side, and in rows, or None without matplotlib.

    Made without pyplot: no display, no global state.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    result = Figure(figsize=(5 * columns, 4 * rows), layout="constrained")
    FigureCanvasAgg(result)
    result.subplots(rows, columns, squeeze=False)
    return result


def save(figure: Any, path: Path) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    write(path, buffer.getvalue())
