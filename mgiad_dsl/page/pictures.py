"""The pictures of the page: graphviz's SVG, in which things say what they stand for.

``data-ops`` of a node are the numbers of its operations, ``data-groups`` their sharing groups,
and ``data-group`` of a chip is its own, or are its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.draw.levels import levels_only
from mgiad_dsl.draw.look import Depth
from mgiad_dsl.draw.picture import DEPTHS, Picture
from mgiad_dsl.draw.story import Block, Chip, Item, Nested, Story, Transfer
from mgiad_dsl.draw.tell import tell
from mgiad_dsl.graph.network import Network

MOST = 1_000  # operations that are drawn one by one: for more graphviz takes long
_SVG = "{http://www.w3.org/2000/svg}"
_TITLE = "{http://www.w3.org/1999/xlink}title"
_WORDS: dict[Depth, str] = {"levels": "levels", "steps": "steps", "ops": "operations"}


@dataclass(frozen=True)
class Drawn:
    """A picture at a depth, or the reason why there is none."""

    depth: str
    words: str
    svg: str
    reason: str = ""


@dataclass(frozen=True)
class _Node:
    """What a node of a picture stands for: operations, and the groups of its chips in order.

    The frame of a nested cycle is chosen with none of the groups in it.
    """

    operations: tuple[str, ...]
    chips: tuple[str, ...] = ()
    is_frame: bool = False


def pictures(network: Network) -> list[Drawn]:
    """The network at every depth."""
    return [_drawn(network, depth) for depth in DEPTHS]


def _drawn(network: Network, depth: Depth) -> Drawn:
    words, count = _WORDS[depth], len(network.operations)
    if depth == "ops" and count > MOST:
        return Drawn(depth, words, "", f"{count:,} operations are more than a picture can show.")
    try:
        svg = Picture(network, depth, legend=False).svg
    except SpecError as error:
        return Drawn(depth, words, "", f"{error.message}: {error.hint}")
    return Drawn(depth, words, _Marker(network, depth, _nodes(network, depth)).marked(svg))


def _nodes(network: Network, depth: Depth) -> dict[str, _Node]:
    if depth == "ops":
        return _operations(network)
    story = tell(network)
    return dict(_items(levels_only(story) if depth == "levels" else story, network))


def _operations(network: Network) -> dict[str, _Node]:
    return {name: _Node((name,)) for name in network.operations}


def _items(story: Story, network: Network) -> Iterator[tuple[str, _Node]]:
    ends = (*story.inputs, *([story.start] if story.start else []), *story.outputs)
    for item in (*ends, *_all(story.items)):
        lines = item.lines if isinstance(item, (Block, Transfer)) else ()
        chips = (chip for line in lines for chip in line.chips if chip.group)
        groups = tuple(" ".join(_stands_for(chip, item, network)) for chip in chips)
        yield item.key, _Node(item.values, groups, isinstance(item, Nested))


def _stands_for(chip: Chip, item: Item, network: Network) -> list[str]:
    """The sharing groups of a chip: several where it has an index that is no number."""
    assert chip.group is not None
    found: dict[str, None] = {}
    for value in item.values:
        group = network.groups.get(network.operations[value].group or "")
        if group and group.family == network.groups[chip.group].family:
            pairs = zip(chip.indices, map(str, group.indices), strict=False)
            if all(text in (index, "…") or text.isidentifier() for text, index in pairs):
                found[group.name] = None
    return list(found) or [chip.group]


def _all(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        if isinstance(item, Nested):
            yield from _all(item.items)


class _Marker:
    def __init__(self, network: Network, depth: str, nodes: dict[str, _Node]) -> None:
        self._network = network
        self._depth = depth
        self._nodes = nodes
        self._numbers = {name: number for number, name in enumerate(network.operations)}

    def marked(self, svg: str) -> str:
        """The element ``<svg>``, with ids that no other picture has, and without tooltips."""
        ET.register_namespace("", "http://www.w3.org/2000/svg")
        ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
        root = ET.fromstring(svg)
        for size in ("width", "height"):
            root.attrib.pop(size)
        for element in list(root.iter()):
            if "id" in element.attrib:
                element.set("id", f"{self._depth}-{element.get('id')}")
            element.attrib.pop(_TITLE, None)
            title = element.find(f"{_SVG}title")
            if title is not None:
                element.remove(title)
                if element.get("class") == "node" and title.text in self._nodes:
                    self._mark(element, self._nodes[title.text])
        return ET.tostring(root, encoding="unicode")

    def _mark(self, element: ET.Element, node: _Node) -> None:
        known = [name for name in node.operations if name in self._numbers]
        groups = dict.fromkeys(self._network.operations[name].group for name in known)
        element.set("data-ops", " ".join(str(self._numbers[name]) for name in known))
        if not node.is_frame:
            element.set("data-groups", " ".join(group for group in groups if group))
            _mark_chips(element, node.chips)


def _mark_chips(element: ET.Element, groups: tuple[str, ...]) -> None:
    """Chips are the filled rectangles of a label, each followed by its text."""
    inner = list(element.iter())
    grounds = [each for each in inner if each.tag == f"{_SVG}polygon" and _is_filled(each)]
    if not groups or len(grounds) != len(groups):  # a disc, or a frame: it has no chips
        return
    chips = iter(groups)
    chip: str | None = None
    for each in inner:
        if each.tag == f"{_SVG}polygon":
            chip = next(chips) if _is_filled(each) else None
        if chip and each.tag in (f"{_SVG}polygon", f"{_SVG}text"):
            each.set("data-group", chip)


def _is_filled(polygon: ET.Element) -> bool:
    return polygon.get("fill") not in (None, "none", "transparent")
