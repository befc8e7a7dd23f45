"""``mgiad eval``: what a trained network does on held-out data."""

from __future__ import annotations

from argparse import Namespace

from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.train import need_torch
from mgiad_dsl.train.command import add_eval_arguments, evaluate_run

_EXAMPLES = """examples:
  mgiad eval runs/digits-digits-digits
  mgiad eval runs/mgnet-cifar10-paper --data-dir ~/data --robustness-images 0
"""


def _run(options: Namespace) -> int:
    need_torch()
    evaluate_run(options)
    return 0


COMMAND = Command("eval", "evaluate a trained network", _EXAMPLES, add_eval_arguments, _run)
