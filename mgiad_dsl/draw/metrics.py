"""How wide text is: the widths of Helvetica's letters, which Arial and Liberation Sans share."""

from __future__ import annotations

# In thousandths of the size, from Adobe's font metrics of Helvetica.
_WIDTHS = {
    222: "ijl'",
    278: " !,./:;I[]\\ft",
    333: "()-`r{|}",
    389: "*",
    469: "^",
    500: "Jckvsxyz",
    556: "\"#$0123456789?L_abdeghnopquαβγδεηθκλνξρστχ",
    584: "+<=>~×−",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUwμπφψΓΔΘΛΞΠΣΨΩ",
    778: "GOQ",
    833: "MmωΦ",
    944: "W",
    1015: "@%",
    200: "\u2009",
    400: "·",
}  # fmt: skip
_WIDTH = {letter: width / 1000 for width, letters in _WIDTHS.items() for letter in letters}
_OTHER = 1.0  # no letter is left out; signs and other scripts may be wide
_ROUNDING = 0.5  # graphviz rounds the width of each piece of text to points


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in points, a little more than it comes out."""
    letters = sum(_WIDTH.get(letter, _OTHER) for letter in text)
    return size * letters * (1.08 if bold else 1.0) + _ROUNDING
