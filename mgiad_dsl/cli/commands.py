"""The commands, each a short function from options to an exit code."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

from mgiad_dsl.base import resources
from mgiad_dsl.base.files import write
from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.cli.messages import say, show_warnings
from mgiad_dsl.cli.training import trainable
from mgiad_dsl.compiler import Compiled, compile_file, compile_source, locate, shown_path
from mgiad_dsl.counting.growth import as_json, growth, vary
from mgiad_dsl.parse import parse
from mgiad_dsl.show import tables
from mgiad_dsl.show.dump import dump


def check(options: Namespace) -> int:
    """Check specs, each with all its variants unless one is named."""
    failed = 0
    for name in options.specs:
        path, variant = locate(name)
        source = Source.read(path)
        variants = [variant] if variant else [None, *(v.name for v in parse(source).variants)]
        shown: set[str] = set()
        for each in variants:
            try:
                compiled = compile_source(source, each, dict(options.settings))
            except SpecError as error:
                failed += 1
                if str(error) not in shown:
                    print(error, file=sys.stderr)
                shown.add(str(error))
                continue
            show_warnings([w for w in compiled.warnings if str(w) not in shown])
            shown.update(map(str, compiled.warnings))
            print(f"{compiled.title}: {compiled.count.weights:,} weights, no errors")
    return 1 if failed else 0


def count(options: Namespace) -> int:
    """Count one network in full, several side by side, or one as a parameter varies."""
    if options.vary:
        return _count_varied(options)
    networks = [_compiled(name, options) for name in options.specs]
    if options.form == "json":
        facts = [tables.as_json(network) for network in networks]
        print(json.dumps(facts if len(facts) > 1 else facts[0], indent=2))
    elif options.form == "csv":
        one = len(networks) == 1
        print(
            tables.as_csv(tables.groups(networks[0].count) if one else tables.comparison(networks))
        )
    else:
        sections = [tables.comparison(networks)] if len(networks) > 1 else []
        for network in networks if options.groups or len(networks) == 1 else []:
            sections += [tables.overview(network), *tables.breakdowns(network.count)]
            sections += [tables.groups(network.count)] if options.groups else []
        print(tables.render(sections, options.form))
    return 0


def _count_varied(options: Namespace) -> int:
    if len(options.specs) > 1:
        raise SpecError("--vary counts one network", hint="one command for each network")
    parameter, values = options.vary
    variation = vary(options.specs[0], parameter, values, dict(options.settings))
    if options.form == "json":
        print(json.dumps(as_json(variation), indent=2))
    elif options.form == "csv":
        print(tables.as_csv(growth(variation)))
    else:
        print(tables.render([growth(variation)], options.form))
    return 0


def compile_(options: Namespace) -> int:
    """Write the source of a network, or a dump of another stage."""
    compiled = _compiled(options.spec, options)
    _write(options.output, dump(compiled, options.emit))
    return 0


def draw(options: Namespace) -> int:
    """Draw a network."""
    from mgiad_dsl.draw import draw, render

    compiled = _compiled(options.spec, options)
    text = draw(compiled.graph, detail=options.detail, legend=options.legend)
    if options.output == "-":
        print(text)
    else:
        path = Path(options.output)
        render(text, path, path.suffix.removeprefix("."))
        say(f"drew {compiled.title} to {options.output}")
    return 0


def train(options: Namespace) -> int:
    """Train a network."""
    from mgiad_dsl.train.command import train as run

    _need_torch()
    run(trainable(_compiled(options.spec, options)), options)
    return 0


def evaluate(options: Namespace) -> int:
    """Evaluate a trained network."""
    from mgiad_dsl.train.command import evaluate_run

    _need_torch()
    evaluate_run(options)
    return 0


def list_(options: Namespace) -> int:
    """List the bundled specs with their variants."""
    rows = []
    for path in resources.bundled_specs():
        tree = parse(Source.read(str(path)))
        variants = " ".join(variant.name for variant in tree.variants)
        rows.append((path.stem, variants, shown_path(path)))
    print(
        tables.render(
            [tables.Table("bundled specs", ("name", "variants", "file"), tuple(rows))], "table"
        )
    )
    return 0


def _need_torch() -> None:
    if find_spec("torch") is None:
        raise SpecError("training needs PyTorch", hint='pip install "mgiad-dsl[torch]"')


def _compiled(name: str, options: Namespace) -> Compiled:
    compiled = compile_file(name, **dict(options.settings))
    show_warnings(compiled.warnings, brief=True)
    if compiled.spec.customised and (compiled.spec.expects or compiled.spec.published):
        say(f"note: {compiled.title}: `expect` and `published` are skipped under --set")
    return compiled


def _write(output: str, text: str) -> None:
    if output == "-":
        print(text, end="")
    else:
        write(Path(output), text.encode())
        say(f"wrote {output}")
