"""One mutant through the whole compiler."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, replace

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.compiler import Compiled, compile_source
from mgiad_dsl.draw import draw
from mgiad_dsl.language.syntax import Spec
from mgiad_dsl.parse import parse
from mgiad_dsl.rewrite import LEVELS, rewrite

MAX_SECONDS = 30.0


@dataclass(frozen=True)
class Failure:
    """What broke, and where: equal ``where`` is most likely one mistake."""

    what: str
    where: str


def attempt(text: str) -> Failure | None:
    """Compile, write and draw a text: None when it gives a network or an error of its author."""
    began = time.process_time()
    source = Source("mutant.mgspec", text)
    try:
        for variant in (None, *_variants(source)[:1]):
            _all_stages(compile_source(source, variant))
    except SpecError as error:
        if not str(error):
            return Failure("an error without a message", "")
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Failure(f"{type(error).__name__}: {error}", f"{last.filename}:{last.lineno}")
    took = time.process_time() - began
    return Failure(f"{took:.0f} seconds", "time") if took > MAX_SECONDS else None


def _variants(source: Source) -> list[str]:
    tree: Spec = parse(source)
    return [variant.name for variant in tree.variants]


def _all_stages(compiled: Compiled) -> None:
    for level in LEVELS:
        made = replace(compiled, level=level, network=rewrite(compiled.written, level))
        compile(made.python, "mutant.py", "exec")
    assert draw(compiled.written)
    for warning in compiled.warnings:
        assert str(warning)
