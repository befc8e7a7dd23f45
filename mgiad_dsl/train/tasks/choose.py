"""Which task a network has on a data set, and whether they go together."""

from __future__ import annotations

from dataclasses import dataclass

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.generated import COEFFICIENT, RHS
from mgiad_dsl.train.data.sets import DataSet, FolderSet, ImageSet, MaskSet, TensorSet
from mgiad_dsl.train.network import Network, Shape, fitted, shown
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.tasks.classes import Classes
from mgiad_dsl.train.tasks.fields import Fields
from mgiad_dsl.train.tasks.pixels import Pixels
from mgiad_dsl.train.tasks.solver import Solver
from mgiad_dsl.train.tasks.task import Task, task_like

THINGS = {2: "signals", 3: "images", 4: "volumes"}  # by their rank, channels included


@dataclass(frozen=True)
class Job:
    """A network, which may have been compiled for the size of the data, a data set with the
    inputs that the network takes, and the task that it has there.
    """

    network: Network
    data: DataSet
    task: Task


def fit_together(data: DataSet, network: Network, recipe: Recipe) -> Job:
    """Raises SpecError if network, data and recipe do not go together; it says what would mend
    that.
    """
    match data:
        case ImageSet() | FolderSet():
            no_field_loss(data, recipe)
            check_classes(data, network)
            return Job(network, data, Classes(recipe.label_smoothing))
        case MaskSet():
            no_field_loss(data, recipe)
            return Job(with_masks(data, network), data, Pixels(recipe.label_smoothing))
        case TensorSet():
            return with_tensors(data, network, recipe)


def check_classes(data: ImageSet | FolderSet, network: Network) -> None:
    """Raise SpecError unless a network of this input and output suits the data.

    The hint is the ``--set`` that mends it. Image files are resized to the network's size,
    so only their channels count.
    """
    given = one_image(data, network, len(data.shape) if isinstance(data, ImageSet) else 3)
    if len(network.output) != 1:
        raise SpecError(
            f"{data.name} has a class for each image, the output of {network.name} is a field of "
            f"{shown(network.output)}",
            hint="an output that is a vector, such as W(avgpool(u)) with a `linear` W",
        )
    wanted = data.shape if isinstance(data, ImageSet) else (3, *given[1:])
    changes = changes_of(given, wanted)
    if network.output[0] != len(data.classes):
        changes.append(f"classes={len(data.classes)}")
    if changes:
        raise SpecError(
            f"{data.name} has {shown(wanted)} {THINGS[len(wanted)]} in {len(data.classes)} "
            f"classes, the network takes {shown(given)} {THINGS[len(given)]} and has "
            f"{network.output[0]} outputs",
            hint=f"--set {' '.join(changes)}",
        )


def one_image(data: DataSet, network: Network, rank: int = 3) -> Shape:
    """The shape of the image that a network takes, or of the signal (``rank`` 2) or volume (4).

    Raises SpecError if it takes anything else.
    """
    shapes = list(network.inputs.values())
    if len(shapes) != 1 or len(shapes[0]) != rank:
        found = " and ".join(f"{name} {shown(s)}" for name, s in network.inputs.items())
        raise SpecError(f"{data.name} has {THINGS[rank]}, {network.name} takes {found}")
    return shapes[0]


def changes_of(given: Shape, wanted: Shape) -> list[str]:
    changes = []
    if given[0] != wanted[0]:
        changes.append(f"in_channels={wanted[0]}")
    if len(wanted) == 4 and given[1] != wanted[1]:
        changes.append(f"depth={wanted[1]}")
    if given[1:][-2:] != wanted[1:][-2:]:
        changes.append(f"size={wanted[-1]}")
    return changes


def no_field_loss(data: DataSet, recipe: Recipe) -> None:
    if recipe.loss != "auto":
        raise SpecError(
            f"loss {recipe.loss} is for fields, {data.name} has classes", hint="--with loss=auto"
        )


def with_masks(data: MaskSet, network: Network) -> Network:
    """The network, compiled for the classes of the data if need be. Raises SpecError."""
    given, classes = one_image(data, network), len(data.classes)
    wanted = {"in_channels": 3, "classes": classes}
    free = {k: v for k, v in wanted.items() if k in network.settings and k not in network.given}
    if network.compile and free.items() - network.settings.items():
        network = network.compile(free)
        given = one_image(data, network)
    if network.output != (classes, *given[1:]) or given[0] != 3:
        raise SpecError(
            f"{data.name} has a class for every pixel, {classes} of them: the output is to be "
            f"{shown((classes, *given[1:]))}, that of {network.name} is {shown(network.output)} "
            f"for an image of {shown(given)}",
            hint=f"--set in_channels=3 classes={classes}, and an output of the size of the image, "
            "as unet_mg has",
        )
    return network


def with_tensors(data: TensorSet, network: Network, recipe: Recipe) -> Job:
    """Raises SpecError if names, sizes or kinds differ."""
    task = task_like(data.train.targets[:1], recipe)
    if not isinstance(task, Fields):
        no_field_loss(data, recipe)
    data = data.arranged(chosen_inputs(data, network))
    shapes = [tuple(each.shape[1:]) for each in data.train.inputs]
    target = tuple(data.train.targets.shape[1:])
    output = target if isinstance(task, Fields) else (len(data.classes), *target)

    def fits(tried: Network) -> bool:
        return list(tried.inputs.values()) == shapes and tried.output == output

    found = fitted(network, shapes[0][-1], fits)
    if found is None:
        raise SpecError(
            f"{data.name} has {' and '.join(map(shown, shapes))} as input and wants "
            f"{shown(output)}, {network.name} takes "
            f"{' and '.join(map(shown, network.inputs.values()))} and gives "
            f"{shown(network.output)}",
            hint="no parameter alone makes it fit: --set the ones that do, or use other data",
        )
    if data.problem and (recipe.loss == "residual" or solves(data, recipe)):
        return Job(found, data, solver(data, network, recipe))
    if recipe.loss == "residual":
        raise SpecError(
            f"loss residual needs an equation, which {data.name} has none of",
            hint="--data poisson:31, darcy:31, or --with loss=l2",
        )
    return Job(found, data, task)


def solves(data: TensorSet, recipe: Recipe) -> bool:
    """Whether the residual is what is trained, when the recipe does not say."""
    return recipe.loss == "auto" and data.problem is not None and data.problem.coefficient == "none"


def solver(data: TensorSet, network: Network, recipe: Recipe) -> Solver:
    assert data.problem is not None
    varies = data.problem.coefficient != "none"
    if RHS not in data.inputs or (varies and COEFFICIENT not in data.inputs):
        raise SpecError(
            f"a solver maps the right-hand side to the solution, and {network.name} takes only "
            f"{' and '.join(data.inputs)} of {data.name}",
            hint="--with loss=l2, or a network with both inputs",
        )
    place = data.inputs.index(COEFFICIENT) if varies else None
    return Solver(data.problem.equation, data.inputs.index(RHS), place, recipe.cycles)


def chosen_inputs(data: TensorSet, network: Network) -> list[str]:
    """Which inputs of the data those of a network are: the ones of the same names, or, if none
    has the same name, the first ones in their order. Raises SpecError.
    """
    named = [name for name in network.inputs if name in data.inputs]
    if len(named) == len(network.inputs):
        return named
    if named or len(network.inputs) > len(data.inputs):
        raise SpecError(
            f"{data.name} has the inputs {', '.join(data.inputs)}, {network.name} takes "
            f"{', '.join(network.inputs)}",
            hint="inputs of the same names, or of other names in the same order",
        )
    return list(data.inputs[: len(network.inputs)])
