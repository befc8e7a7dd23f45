"""Small damage to a spec: what a tired author does, and what nobody does."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from mgiad_dsl.base.resources import bundled_specs
from mgiad_dsl.language.words import FUNCTIONS, WORDS
from mgiad_dsl.parse.grammar import reserved_words

SPECS = tuple(path.read_text(encoding="utf-8") for path in sorted(bundled_specs()))

_TOKEN = re.compile(r"#[^\n]*|\"[^\"\n]*\"|\w+|->|\.\.|[=!<>]=|\n[ ]*|[ ]+|.")
_NUMBERS = ("0", "1", "2", "3", "7", "1/2", "1e9", "4_096", "10_000_000", "-1", "0.5", "2^9")
_SIGNS = ("+", "-", "*", "/", "^", "=", "==", "<", "?", ":", ",", "..", "->", "x", "|", "@", "é")
_BRACKETS = ("(", ")", "[", "]", "{", "}")
_LANGUAGE = tuple(sorted(reserved_words() | FUNCTIONS | WORDS))

Tokens = list[str]


def mutant(seed: int) -> str:
    """The spec number ``seed``: a bundled one with one mutation or two."""
    random = Random(seed)
    tokens = _TOKEN.findall(random.choice(SPECS))
    for _ in range(random.choice((1, 1, 2))):
        random.choice(MUTATIONS)(tokens, random)
    return "".join(tokens)


def _anywhere(tokens: Tokens, random: Random) -> int:
    """The place of a token that is no space, comment or end of a line."""
    places = [at for at, token in enumerate(tokens) if not token.isspace() and token[0] != "#"]
    return random.choice(places) if places else 0


def _delete(tokens: Tokens, random: Random) -> None:
    del tokens[_anywhere(tokens, random)]


def _duplicate(tokens: Tokens, random: Random) -> None:
    at = _anywhere(tokens, random)
    tokens.insert(at, tokens[at] + random.choice(("", " ")))


def _swap(tokens: Tokens, random: Random) -> None:
    one, two = _anywhere(tokens, random), _anywhere(tokens, random)
    tokens[one], tokens[two] = tokens[two], tokens[one]


def _replace_by_own(tokens: Tokens, random: Random) -> None:
    tokens[_anywhere(tokens, random)] = tokens[_anywhere(tokens, random)]


def _replace_a_name(tokens: Tokens, random: Random) -> None:
    """A name for another: what still parses and means something else."""
    names = [at for at, token in enumerate(tokens) if token.isidentifier()]
    if names:
        tokens[random.choice(names)] = tokens[random.choice(names)]


def _replace_a_number(tokens: Tokens, random: Random) -> None:
    numbers = [at for at, token in enumerate(tokens) if token[0].isdigit()]
    if numbers:
        tokens[random.choice(numbers)] = random.choice(_NUMBERS)


def _replace_by_another(tokens: Tokens, random: Random) -> None:
    choice = random.choice((_NUMBERS, _SIGNS, _LANGUAGE))
    tokens[_anywhere(tokens, random)] = random.choice(choice)


def _insert(tokens: Tokens, random: Random) -> None:
    choice = random.choice((_NUMBERS, _SIGNS, _BRACKETS, _LANGUAGE))
    tokens.insert(_anywhere(tokens, random), f" {random.choice(choice)} ")


def _change_indices(tokens: Tokens, random: Random) -> None:
    """Drop the indices of a name, or one of them, or add one."""
    opened = [at for at, token in enumerate(tokens) if token == "["]
    if not opened:
        return
    first = random.choice(opened)
    last = next((at for at in range(first, len(tokens)) if tokens[at] == "]"), first)
    new = random.choice(([], ["[", "1", "]"], [*tokens[first:last], ",", "1", "]"]))
    tokens[first : last + 1] = new


def _move_a_line(tokens: Tokens, random: Random) -> None:
    lines = "".join(tokens).split("\n")
    line = lines.pop(random.randrange(len(lines)))
    lines.insert(random.randrange(len(lines) + 1), line)
    tokens[:] = _TOKEN.findall("\n".join(lines))


def _repeat_a_line(tokens: Tokens, random: Random) -> None:
    lines = "".join(tokens).split("\n")
    lines.insert(random.randrange(len(lines)), random.choice(lines))
    tokens[:] = _TOKEN.findall("\n".join(lines))


MUTATIONS: tuple[Callable[[Tokens, Random], None], ...] = (
    _delete,
    _duplicate,
    _swap,
    _replace_by_own,
    _replace_a_name,
    _replace_a_name,
    _replace_a_number,
    _replace_by_another,
    _insert,
    _change_indices,
    _move_a_line,
    _repeat_a_line,
)
