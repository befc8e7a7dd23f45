"""Losses and figures of the four tasks, against their definitions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mgiad_dsl.train import Recipe, evaluate
from mgiad_dsl.train.equations.classical import v_cycle
from mgiad_dsl.train.equations.diffusion import Diffusion
from mgiad_dsl.train.tasks.classes import Classes
from mgiad_dsl.train.tasks.fields import Fields, h1
from mgiad_dsl.train.tasks.figures import FIGURES
from mgiad_dsl.train.tasks.pixels import Pixels
from mgiad_dsl.train.tasks.solver import Solver
from mgiad_dsl.train.tasks.task import task_like


class Given(nn.Module):
    """Answers with what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, *inputs):
        return inputs[0] + self.weight


@pytest.fixture
def pixels():
    """Logits and labels of five images of 4x6 in 3 classes, some of them without a label."""
    torch.manual_seed(0)
    labels = torch.randint(0, 3, (5, 4, 6))
    labels[:, 0] = 255
    labels[4] = 255
    return torch.randn(5, 3, 4, 6), labels


def test_pixels_that_do_not_count_do_not(pixels) -> None:
    logits, labels = pixels
    scores = evaluate(Given(), [(logits, labels)], task=Pixels())
    assert scores.loss == pytest.approx(float(F.cross_entropy(logits, labels, ignore_index=255)))
    answers = logits.argmax(dim=1)
    right = ((answers == labels) & (labels != 255)).sum() / (labels != 255).sum()
    assert scores.pixel_accuracy == pytest.approx(float(right))
    for number in range(3):
        of, taken = labels == number, (answers == number) & (labels != 255)
        iou = (of & taken).sum() / (of | taken).sum()
        assert scores.class_iou[number] == pytest.approx(float(iou))
    assert scores.mean_iou == pytest.approx(sum(scores.class_iou) / 3)
    assert scores.images == 5


def test_a_class_that_does_not_occur_has_no_iou() -> None:
    labels = torch.zeros(2, 3, 3, dtype=torch.int64)
    logits = F.one_hot(labels, 4).movedim(-1, 1).float()
    scores = evaluate(Given(), [(logits, labels)])
    assert scores.mean_iou == 1
    assert [math.isnan(iou) for iou in scores.class_iou] == [False, True, True, True]


def test_batches_of_any_size_give_the_same_figures(pixels) -> None:
    fields = torch.randn(5, 1, 7), torch.randn(5, 1, 7)
    for inputs, targets in (pixels, fields, (torch.randn(5, 3), torch.tensor([0, 1, 2, 2, 1]))):
        whole = evaluate(Given(), [(inputs, targets)])
        split = evaluate(Given(), zip(inputs.split(2), targets.split(2), strict=True))
        assert whole.images == split.images == 5
        assert split.loss == pytest.approx(whole.loss)
        assert split.figures == pytest.approx(whole.figures)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_training_loss_of_pixels(pixels, smoothing) -> None:
    logits, labels = pixels
    found = Pixels(smoothing).train(Given(), (logits,), labels)
    wanted = F.cross_entropy(logits, labels, ignore_index=255, label_smoothing=smoothing)
    torch.testing.assert_close(found.loss.detach(), wanted)
    right = (logits.argmax(dim=1) == labels)[:4].flatten(1).sum(dim=1) / 18
    torch.testing.assert_close(found.figure, right.sum())


def test_images_without_labels_have_no_loss_rather_than_nan() -> None:
    labels = torch.full((1, 2, 2), 255)
    assert Pixels().train(Given(), (torch.randn(1, 3, 2, 2),), labels).loss == 0


def test_relative_errors() -> None:
    targets = torch.randn(4, 2, 5, 6)
    wrong = targets + torch.randn(4, 2, 5, 6)
    in_l2 = [(a - b).norm() / b.norm() for a, b in zip(wrong, targets, strict=True)]
    scores = evaluate(Given(), [(wrong, targets)])
    assert scores.relative_l2 == pytest.approx(float(torch.stack(in_l2).mean()))
    assert scores.loss == scores.relative_l2
    by_h1 = evaluate(Given(), [(wrong, targets)], task=Fields("h1"))
    assert by_h1.loss == by_h1.relative_h1 == scores.relative_h1
    train = Fields("h1").train(Given(), (wrong,), targets)
    assert float(train.loss.detach()) == pytest.approx(scores.relative_h1)
    assert float(train.figure) == pytest.approx(4 * scores.relative_l2)


@pytest.mark.parametrize("shape", [(400,), (300, 300)])
def test_h1_is_that_of_the_function(shape) -> None:
    """|sin(pi x)|^2 is 1/2 and |pi cos(pi x)|^2 is pi^2 / 2 on the unit interval."""
    line = torch.sin(math.pi * (torch.arange(shape[0]) + 0.5) / shape[0]).double()
    field = line if len(shape) == 1 else line[:, None] * line
    wanted = (1 + len(shape) * math.pi**2) / 2 ** len(shape)
    points = field.numel()
    assert float(h1(field[None, None]).square()) / points == pytest.approx(wanted, rel=0.01)


class Cycle(nn.Module):
    """The classical cycle."""

    def __init__(self, equation: Diffusion) -> None:
        super().__init__()
        self.equation = equation
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, *inputs):
        return self.weight * v_cycle(self.equation, *inputs)


def by_hand(equation: Diffusion, rhs: torch.Tensor, a: torch.Tensor | None) -> torch.Tensor:
    """Norms of the residuals of u, which cycles improve one after the other (13, n)."""
    u, norms = torch.zeros_like(rhs), [rhs.flatten(1).norm(dim=1)]
    for _ in range(12):
        left = rhs - equation.apply(u, a)
        u = u + v_cycle(equation, left, a)
        norms.append((rhs - equation.apply(u, a)).flatten(1).norm(dim=1))
    return torch.stack(norms)


@pytest.mark.parametrize("varies", [False, True])
def test_the_factor_of_a_solver(varies: bool) -> None:
    torch.manual_seed(0)
    equation, rhs = Diffusion(), torch.randn(3, 1, 15, 15, dtype=torch.float64)
    a = 1 + torch.rand_like(rhs) if varies else None
    norms = by_hand(equation, rhs, a)
    task = Solver(equation, rhs=0, coefficient=1 if varies else None, cycles=3)
    inputs = (rhs,) if a is None else (rhs, a)
    scores = evaluate(Cycle(equation), [(inputs, rhs)], task=task)
    factors = (norms[12] / norms[4]).log() / 8
    assert scores.factor == pytest.approx(float(factors.mean().exp()), rel=1e-6)
    assert scores.loss == pytest.approx(float((norms[3] / norms[0]).log().mean() / 3), rel=1e-6)
    found = task.train(Cycle(equation), inputs, rhs)
    assert float(found.loss.detach()) == pytest.approx(scores.loss)
    found.loss.backward()


def test_inputs_of_a_solver_in_another_order() -> None:
    equation, rhs = Diffusion(), torch.randn(2, 1, 7, 7)
    a = 1 + torch.rand_like(rhs)
    first = evaluate(Cycle(equation), [((rhs, a), rhs)], task=Solver(equation, 0, 1))

    class Swapped(Cycle):
        def forward(self, a, rhs):
            return super().forward(rhs, a)

    second = evaluate(Swapped(equation), [((a, rhs), rhs)], task=Solver(equation, 1, 0))
    assert first == second


def test_a_solver_that_diverges_has_a_finite_factor() -> None:
    class Wrong(Cycle):
        def forward(self, rhs):
            return -1e6 * rhs

    rhs = torch.randn(2, 1, 7, 7)
    scores = evaluate(Wrong(Diffusion()), [(rhs, rhs)], task=Solver(Diffusion()))
    assert 1e6 < scores.factor < 1e8


def test_the_task_follows_from_the_targets() -> None:
    smooth = Recipe(label_smoothing=0.1)
    assert task_like(torch.zeros(2).long(), smooth) == Classes(0.1)
    assert task_like(torch.zeros(2, 3, 3).long(), smooth) == Pixels(0.1)
    assert task_like(torch.zeros(2, 1, 3)) == Fields("l2")
    assert task_like(torch.zeros(2, 1, 3), Recipe(loss="h1")) == Fields("h1")


def test_which_figure_is_better() -> None:
    assert FIGURES["accuracy"].better(0.9, 0.8)
    assert FIGURES["mean_iou"].better(0.9, 0.8)
    for name in ("relative_l2", "relative_h1", "factor"):
        assert FIGURES[name].better(0.1, 0.2)
        assert not FIGURES[name].better(math.nan, 0.2)
