"""The docstring of an emitted file: what it was made of, so that it can be made again."""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from textwrap import wrap

from mgiad_dsl.base.source import Source
from mgiad_dsl.base.version import VERSION
from mgiad_dsl.language.evaluate import show
from mgiad_dsl.language.spec import NetSpec

_WIDTH = 92


def about(
    source: Source, spec: NetSpec, weights: int, level: int, inference: bool
) -> tuple[str, ...]:
    """Network, variant and weights; compiler, options, spec and its hash; settings."""
    digest = hashlib.sha256(source.text.encode()).hexdigest()[:12]
    options = f"-O{level}{' --inference' if inference else ''}"
    lines = [
        f"{spec.title}: {weights:,} weights{', for inference alone' if inference else ''}.",
        "",
        f"Written by mgiad-compile {VERSION} {options} from {_file(source)} (sha256 {digest}).",
    ]
    settings = [f"{p.name} = {show(p.value)}" for p in spec.parameters]
    if settings:
        changed = ", ".join(p.name for p in spec.changed)
        lines += ["", f"Parameters{f' ({changed} set)' if changed else ''}:"]
        kept = [each.replace(" ", "\0") for each in settings]  # wrapped between settings only
        lines += [f"    {line}".replace("\0", " ") for line in wrap(", ".join(kept), _WIDTH)]
    return tuple(lines)


def _file(source: Source) -> str:
    """The name of a file, without what would end the docstring or its line."""
    name = PurePath(source.name).name
    return "".join(sign if sign.isprintable() and sign not in '"\\' else "?" for sign in name)
