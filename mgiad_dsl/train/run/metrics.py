"""``metrics.jsonl``: one JSON object for each epoch, in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mgiad_dsl.base.files import write


def read_records(path: Path) -> list[dict[str, Any]]:
    """All whole lines; a last line cut short by a crash is left out."""
    if not path.exists():
        return []
    records = []
    for line in path.read_text().splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


def keep_records(path: Path, steps: int) -> None:
    """Drop what was recorded after step ``steps``: a resumed run records it again."""
    kept = [record for record in read_records(path) if record["step"] <= steps]
    write(path, "".join(json.dumps(record) + "\n" for record in kept))
