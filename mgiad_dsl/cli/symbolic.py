"""What ``mgiad count --symbolic`` gives: formulas."""

from __future__ import annotations

from argparse import Namespace

from mgiad_dsl.base.output import put
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.base.tables import as_csv, render
from mgiad_dsl.cli.forms import put_json
from mgiad_dsl.compiler import read
from mgiad_dsl.solving.formulas import default_axes, formulas
from mgiad_dsl.solving.grid import Grid, axis


def put_formulas(options: Namespace) -> int:
    """Print the formulas of one network in the parameters of ``--symbolic``.

    Raises:
        SpecError: anything wrong in the spec or the options, or sympy is not installed.
    """
    from mgiad_dsl.show import formulas as shown  # sympy: 0.5 s

    if len(options.specs) > 1:
        raise SpecError("--symbolic counts one network", hint="one command for each network")
    names = options.symbolic.split(",")
    given = [axis(name, values) for group in options.vary for name, values in group]
    strange = [each.name for each in given if each.name not in names]
    if strange:
        raise SpecError(
            f"`{strange[0]}` varies, but no formula in it is wanted",
            hint=f"--symbolic {','.join([*names, *strange])}",
        )
    tree, variant = read(options.specs[0])
    settings = dict(options.settings)
    spec = Grid(tree, variant, (), settings).checked({})
    grid = Grid(tree, variant, default_axes(spec, names, given), settings)
    found = formulas(grid, options.level)
    if options.form == "json":
        put_json([shown.formula_facts(found)])
    elif options.form == "csv":
        put(as_csv(shown.rows(found)))
    elif options.form == "latex":
        put(shown.as_latex(found))
    else:
        put(render(shown.tables(found), options.form))
    return 0
