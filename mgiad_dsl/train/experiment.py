"""One network, one data set, one recipe, one or several seeds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mgiad_dsl.base.files import write
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.loaders import make_feed, make_held_out
from mgiad_dsl.train.data.sets import DataSet, TensorSet, Where
from mgiad_dsl.train.evaluation.grids import OnGrid, grids_text, on_grids
from mgiad_dsl.train.loop.fit import Result, fit
from mgiad_dsl.train.machine.device import choose_device, hardware, versions
from mgiad_dsl.train.machine.distributed import barrier, from_first, process_group, world
from mgiad_dsl.train.machine.faults import training_explained
from mgiad_dsl.train.machine.precision import autocast, precision
from mgiad_dsl.train.machine.rng import seed_everything
from mgiad_dsl.train.machine.seeds import seed_for
from mgiad_dsl.train.network import Network
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.run.board import Board
from mgiad_dsl.train.run.checkpoint import list_checkpoints
from mgiad_dsl.train.run.folder import check_folders, read_run, write_run
from mgiad_dsl.train.run.listeners import Listener, make_listener
from mgiad_dsl.train.run.metrics import last_record
from mgiad_dsl.train.run.records import RunRecord
from mgiad_dsl.train.run.report import write_report
from mgiad_dsl.train.run.start import Start, read_start
from mgiad_dsl.train.run.weights import save_best, save_weights
from mgiad_dsl.train.tasks.choose import Job, fit_together
from mgiad_dsl.train.tasks.solver import Solver
from mgiad_dsl.train.tasks.task import idle_fields


@dataclass(frozen=True)
class Options:
    """What the command line says besides the network."""

    data: str
    where: Where
    recipe: Recipe
    seeds: tuple[int, ...]
    out: Path
    resume: bool = False
    save_every: float = 600.0
    device: str | None = None
    deterministic: bool = False
    workers: int = 4
    tensorboard: bool = False
    weights: Path | None = None
    quiet: bool = False


def run_experiment(network: Network, options: Options, listener: Listener | None = None) -> Path:
    """Train every seed and write the report; the folder. Raises SpecError, and SystemExit
    with the shell's status for the signal when one stopped the training.
    """
    device = choose_device(options.device, world().local)
    listener = listener or make_listener(world().first, options.quiet)
    try:
        with training_explained(options.recipe), process_group(world(), device):
            from_first(lambda: check_folders(options.out, folders(options), options.resume))
            job = fit_together(open_together(network, options), network, options.recipe)
            start = open_start(job.network, options)
            listener.say(f"{job.network.name} on {job.data.name}, {hardware(device)}")
            if job.network is not network:
                listener.say(f"compiled for the data: {changed(network, job.network)}")
            listener.say(str(options.recipe))
            if idle := idle_fields(job.task, options.recipe):
                listener.say(f"note: no effect on the task {job.task.name}: {', '.join(idle)}")
            if start:
                listener.say(str(start))
            return train_seeds(job, options, device, listener, start)
    finally:
        listener.close()


def folders(options: Options) -> list[Path]:
    """Where each seed goes."""
    if len(options.seeds) == 1:
        return [options.out]
    return [options.out / f"seed{seed}" for seed in options.seeds]


def changed(before: Network, after: Network) -> str:
    """The settings that differ, as ``--set`` takes them."""
    settings = after.settings.items()
    return " ".join(f"{name}={value}" for name, value in settings if before.settings[name] != value)


def open_together(network: Network, options: Options) -> DataSet:
    """Open the data, on each machine one process before the others: it may have to fetch it."""
    if world().local:
        barrier()
    try:
        return open_data(options.data, options.where, network.inputs, network.output)
    finally:
        if not world().local:
            barrier()  # also with an error: the others find it themselves


def open_start(network: Network, options: Options) -> Start | None:
    """The weights to start from, of the first process; a call for all of them."""
    path = options.weights
    return None if path is None else from_first(lambda: read_start(path, network.build()))


def train_seeds(
    job: Job, options: Options, device: torch.device, listener: Listener, start: Start | None
) -> Path:
    network, data, runs = job.network, job.data, []
    grids: list[list[OnGrid]] = []
    for seed, folder in zip(options.seeds, folders(options), strict=True):
        record = RunRecord(
            network=network.name,
            settings=network.settings,
            task=job.task.name,
            inputs=network.inputs,
            output=network.output,
            weights=network.weights,
            macs=network.macs,
            data=data.name,
            mean=data.mean,
            std=data.std,
            seed=seed,
            hardware=hardware(device) + (f" x {world().size}" if world().size > 1 else ""),
            precision=precision(options.recipe, device),
            deterministic=options.deterministic,
            versions=versions(),
            weights_from=str(start.path) if start else None,
        )
        result = train_once(job, options, device, folder, record, listener, start)
        if result.stopped is not None:
            listener.result(f"stopped and saved; continue with --resume --out {options.out}")
            raise SystemExit(128 + result.stopped)
        if world().first:
            if result.kept:
                save_best(folder, result.kept.weights, result.kept.epoch)
            save_weights(folder, result.model)
            runs.append((folder, read_run(folder)[0]))  # of a resumed run, as it began
        # all processes together: evaluation adds up over them
        grids += on_other_grids(job, result.model, options.recipe, device)
    if world().first:
        found = f"\n## Other grids\n\n{grids_text(grids, grids[0][0].points)}" if grids else ""
        summary = write_report(options.out, runs, options.recipe, found)
        write_result(options.out, [folder for folder, _ in runs])
        listener.result(f"{summary}; report: {options.out / 'report.md'}")
    return options.out


def on_other_grids(
    job: Job, model: nn.Module, recipe: Recipe, device: torch.device
) -> list[list[OnGrid]]:
    """The factors of a solver on grids it was not trained on; nothing of any other network."""
    if not isinstance(job.task, Solver) or not isinstance(job.data, TensorSet):
        return []
    assert job.data.problem is not None
    precise = autocast(recipe, device)
    return [on_grids(job.network, model, job.task, job.data.problem, device, precise)]


def train_once(
    job: Job,
    options: Options,
    device: torch.device,
    folder: Path,
    record: RunRecord,
    listener: Listener,
    start: Start | None,
) -> Result:
    recipe, seed, workers = options.recipe, record.seed, options.workers
    network, data = job.network, job.data
    shape = next(iter(network.inputs.values()))
    feed = make_feed(data, recipe, shape, device, seed, workers)
    test = make_held_out(data, shape, device, workers)
    if world().first and not list_checkpoints(folder):
        write_run(folder, network, record, recipe)
    seed_everything(seed)
    model = network.build()
    for name, parameter in model.named_parameters():
        if name in network.dead:
            parameter.requires_grad_(False)
    if start:
        start.load(model)
    if world().rank:
        seed_everything(seed_for(seed, world().rank))  # ranks share weights, not dropout
    board = Board(folder, listener) if options.tensorboard and world().first else None
    try:
        return fit(
            model,
            feed,
            recipe,
            test=test,
            task=job.task,
            seed=seed,
            device=device,
            folder=folder,
            resume=options.resume,
            deterministic=options.deterministic,
            save_every=options.save_every,
            identity={
                "data": data.name,
                "source": network.source,
                "deterministic": str(options.deterministic),
                "start": start.digest if start else "new weights",
            },
            about={"spec": network.spec_text, "versions": record.versions},
            listener=board or listener,
        )
    finally:
        if board:
            board.close()


def write_result(out: Path, folders: list[Path]) -> None:
    """``result.json``: the last record of every seed, for other programs."""
    last = {folder.name: last_record(folder).model_dump() for folder in folders}
    write(out / "result.json", json.dumps(last, indent=2) + "\n")
