"""Where graphviz really puts the boxes and arrows of a picture, and which of them collide."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from itertools import combinations, pairwise

Point = tuple[float, float]
SLACK = 1.0  # of rounding, in points


@dataclass(frozen=True)
class Box:
    left: float
    bottom: float
    right: float
    top: float

    def has(self, x: float, y: float) -> bool:
        return self.left < x < self.right and self.bottom < y < self.top

    def holds(self, other: Box) -> bool:
        return self.has(other.left, other.bottom) and self.has(other.right, other.top)

    def meets(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def smaller(self, by: float) -> Box:
        return Box(self.left + by, self.bottom + by, self.right - by, self.top - by)


@dataclass(frozen=True)
class Picture:
    """The boxes that nothing may run through, and the lines of arrows, by the keys of nodes."""

    boxes: dict[str, Box]
    lines: dict[tuple[str, str], list[Point]]

    def crossings(self) -> list[tuple[str, str, str]]:
        """Arrows that run through a box, other than the one around their ends."""
        return [
            (tail, head, key)
            for (tail, head), line in self.lines.items()
            for key, box in self.boxes.items()
            if key not in (tail, head) and _runs_through(line, box) and not self._around(box, line)
        ]

    def collisions(self) -> list[tuple[str, str]]:
        """Boxes that overlap, but for those in others."""
        return [
            (key, other)
            for (key, one), (other, two) in combinations(self.boxes.items(), 2)
            if one.smaller(SLACK).meets(two.smaller(SLACK))
            and not (one.holds(two) or two.holds(one))
        ]

    def _around(self, box: Box, line: list[Point]) -> bool:
        """Whether a box is that of a nested cycle, and an arrow begins or ends in it."""
        nested = any(box.holds(other) for other in self.boxes.values())
        wide = box.smaller(-2 * SLACK)
        return nested and (wide.has(*line[0]) or wide.has(*line[-1]))


def picture(dot: str) -> Picture:
    """A picture as `dot` lays it out."""
    done = subprocess.run(["dot", "-Tjson0"], input=dot.encode(), capture_output=True, check=True)
    data = json.loads(done.stdout)
    nodes = {node["_gvid"]: node for node in data["objects"]}
    names = {number: node["name"] for number, node in nodes.items()}
    boxes = {node["name"]: _box(node) for node in nodes.values() if _is_solid(node)}
    lines = {(names[e["tail"]], names[e["head"]]): _line(e["pos"]) for e in data.get("edges", ())}
    return Picture(boxes, lines)


def _is_solid(node: dict[str, str]) -> bool:
    """Not a band, a label of a level, or a point."""
    return node.get("shape") != "point" and "level_" not in node["name"]


def _box(node: dict[str, str]) -> Box:
    x, y = map(float, node["pos"].split(","))
    width, height = (72 * float(node[side]) for side in ("width", "height"))
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _line(spline: str) -> list[Point]:
    """The points of a spline; the tip of an arrow, which stands first, comes last."""
    tips = [part[2:] for part in spline.split() if part.startswith("e,")]
    body = [part for part in spline.split() if not part.startswith(("e,", "s,"))]
    found = [part.split(",") for part in [*body, *tips]]
    return [(float(x), float(y)) for x, y in found]


def _runs_through(line: list[Point], box: Box) -> bool:
    return any(_cuts(*segment, box.smaller(SLACK)) for segment in pairwise(line))


def _cuts(one: Point, other: Point, box: Box) -> bool:
    """Whether a segment has a point in a box: the part of it that lies between all four sides."""
    first, last = 0.0, 1.0
    sides = ((box.left, box.right), (box.bottom, box.top))
    for start, end, (low, high) in zip(one, other, sides, strict=True):
        if start == end:
            if not low < start < high:
                return False
            continue
        near, far = sorted(((low - start) / (end - start), (high - start) / (end - start)))
        first, last = max(first, near), min(last, far)
    return first < last
