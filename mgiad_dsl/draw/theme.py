"""The colours of a picture, for a light page, a dark slide, or a printer without colours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Colours of all that is no operator, and how strong the hues of operators are.

    ``shares`` are those of a family's hue in its first and its last group, mixed with white, and
    ``letters`` that in its name.
    """

    paper: str
    ink: str
    muted: str
    line: str
    kept: str
    rule: str
    bands: tuple[str, str]
    edge: str
    box: str
    inner: str
    dead: str
    dead_ink: str
    stem: str
    beside: str
    shares: tuple[float, float]
    letters: float = 1.0


LIGHT = Theme(
    paper="#FFFFFF", ink="#333333", muted="#666666", line="#444444", kept="#999999",
    rule="#BBBBBB", bands=("#F1F1EE", "#F8F8F6"), edge="none", box="#FFFFFF", inner="#8A8A8A",
    dead="#E4E4E4", dead_ink="#777777", stem="#555555", beside="#A0A0A0", shares=(0.42, 1.0),
)  # fmt: skip
DARK = Theme(
    paper="#1B1D21", ink="#EDEDED", muted="#B4B4B4", line="#C8C8C8", kept="#8C8C8C",
    rule="#5A5A5A", bands=("#272A30", "#22252A"), edge="none", box="#32363E", inner="#7C828C",
    dead="#45484E", dead_ink="#A0A0A0", stem="#8A8A8A", beside="#6E6E6E", shares=(0.5, 0.95),
    letters=0.55,
)  # fmt: skip
# Pale grounds behind black letters, lines instead of grounds: legible after a copying machine.
PRINT = Theme(
    paper="#FFFFFF", ink="#000000", muted="#333333", line="#000000", kept="#555555",
    rule="#777777", bands=("#FFFFFF", "#FFFFFF"), edge="#BBBBBB", box="#FFFFFF", inner="#555555",
    dead="#FFFFFF", dead_ink="#555555", stem="#CCCCCC", beside="#E6E6E6", shares=(0.12, 0.4),
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}
