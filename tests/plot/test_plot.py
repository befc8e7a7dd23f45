"""Figures are tested by what is in them."""

from __future__ import annotations

import csv as csv_module
import io
import json
import re
import struct
import sys
from dataclasses import replace

import pytest
from matplotlib.colors import to_hex
from optuna.trial import TrialState

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.cli import main
from mgiad_dsl.plot.canvas import drawn
from mgiad_dsl.plot.curves import draw_curves
from mgiad_dsl.plot.figures import Wishes, write_figures
from mgiad_dsl.plot.page import page
from mgiad_dsl.plot.points import AXES, Point, Reached, front, measured, published, under
from mgiad_dsl.plot.style import COLOURS
from mgiad_dsl.plot.tables import csv, latex
from mgiad_dsl.plot.tradeoff import draw_tradeoff
from mgiad_dsl.study.file import StudyFile
from mgiad_dsl.study.ledger import Entry
from mgiad_dsl.study.read import Study
from mgiad_dsl.study.records import Epoch, Order, Outcome, Robust
from mgiad_dsl.study.results import Result
from mgiad_dsl.train.tasks.figures import ACCURACY, RELATIVE_L2

POINTS = [
    Point("A_{1}", "A", 90.0, 0.5, 3, 1_000, 10_000, 5.0, 2**20),
    Point("A_{2}", "A", 95.0, 1.5, 3, 10_000, 100_000, 9.0, 2**21),
    Point("B_{1}", "B", 92.0, None, 1, 20_000, 50_000, 7.0, 2**22),
    Point("B_{2}", "B", 97.0, None, 1, 90_000, 900_000, 20.0, 2**23),
    Point("B_{0}", "B", 96.0, weights=50_000, source="A Book, 1999"),
]
WEIGHTS = AXES[0]
RIGHT = Reached(ACCURACY)


def inside(points=POINTS, axis=WEIGHTS, reached=RIGHT, names=True):
    """What a figure holds: its axes, after it was laid out."""
    kept = []

    def draw(figure, axes) -> None:
        draw_tradeoff(figure, axes, points, axis, reached, names)
        kept.extend([figure, axes])

    drawn(draw, ["png"])
    return kept


def marks(axes) -> dict[tuple[str, bool], list[tuple[float, float]]]:
    """Places of the markers, by colour and by whether they are hollow."""
    found = {}
    for bars in axes.containers:
        line = bars.lines[0]
        hollow = to_hex(line.get_markerfacecolor()) == "#ffffff"
        found[to_hex(line.get_color()), hollow] = list(zip(*line.get_data(), strict=True))
    return found


def test_every_point_stands_where_it_should() -> None:
    _, axes = inside()
    first, second = COLOURS[0].lower(), COLOURS[1].lower()
    assert marks(axes) == {
        (first, False): [(1_000, 90), (10_000, 95)],
        (second, False): [(20_000, 92), (90_000, 97)],
        (second, True): [(50_000, 96)],
    }
    assert axes.get_xscale() == "log"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("weights", "held-out accuracy in %")


def test_one_point_alone_has_an_axis() -> None:
    _, axes = inside(POINTS[:1])
    assert axes.get_xlim() == (500, 2_000)
    assert [tick for tick in axes.get_xticks() if 500 <= tick <= 2_000] == [500, 1_000, 2_000]
    assert axes.texts, "its name has room"


def test_bars_are_the_deviations() -> None:
    _, axes = inside()
    (bars,) = axes.containers[0].lines[2]
    assert [(low[1], high[1]) for low, high in bars.get_segments()] == [(89.5, 90.5), (93.5, 96.5)]


def test_no_marks_beyond_what_a_share_can_be() -> None:
    points = [replace(each, value=99.5, deviation=4.0) for each in POINTS]
    _, axes = inside(points)
    assert axes.get_ylim()[1] > 103
    assert max(axes.get_yticks()) == 100


def test_error_instead_of_accuracy() -> None:
    _, axes = inside(reached=Reached(ACCURACY, error=True))
    assert axes.get_ylabel() == "held-out error in %"
    assert marks(axes)[COLOURS[0].lower(), False] == [(1_000, 10), (10_000, 5)]


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)
def test_each_cost_has_its_axis(axis) -> None:
    _, axes = inside(axis=axis)
    assert axes.get_xlabel() == axis.words
    costs = [axis.of(point) for point in POINTS]
    assert sum(map(len, marks(axes).values())) == sum(cost is not None for cost in costs)


def test_the_front_joins_what_nothing_exceeds() -> None:
    assert [each.label for each in front(POINTS[:4], WEIGHTS, RIGHT)] == ["A_{1}", "A_{2}", "B_{2}"]
    _, axes = inside()
    assert list(axes.lines[0].get_xdata()) == [1_000, 10_000, 90_000]  # nothing published
    same = Point("C", "C", 95.0, weights=10_000)
    assert same not in front([*POINTS[:4], same], WEIGHTS, RIGHT)


def test_names_and_legend() -> None:
    figure, axes = inside()
    names = {text.get_text() for text in axes.texts}
    assert names == {rf"{each.family}$_{{\mathregular{{{each.label[3]}}}}}$" for each in POINTS}
    boxes = [text.get_window_extent() for text in axes.texts]
    for number, box in enumerate(boxes):
        assert not box.count_overlaps(boxes[number + 1 :])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["A", "B", "published"]
    assert not inside(names=False)[1].texts


def test_names_that_have_no_room_are_left_out() -> None:
    crowd = [Point(f"A_{{{i}}}", "A", 90 + i / 100, weights=1_000 + i) for i in range(200)]
    _, axes = inside(crowd)
    assert 0 < len(axes.texts) < 200
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(box.count_overlaps(boxes[n + 1 :]) for n, box in enumerate(boxes))


def test_files_are_a_column_wide_with_fonts_for_papers() -> None:
    made = drawn(
        lambda *axes: draw_tradeoff(*axes, POINTS, WEIGHTS, RIGHT, True), ["png", "svg", "pdf"]
    )
    assert struct.unpack(">I", made["png"][16:20]) == (975,)  # 3.25 inches of 300 dots
    assert b"/Type3" not in made["pdf"]
    assert b"/CIDFontType2" in made["pdf"] or b"/TrueType" in made["pdf"]
    assert b"STIX" in made["pdf"]
    assert b'width="234pt"' in made["svg"]  # 3.25 inches
    again = drawn(lambda *axes: draw_tradeoff(*axes, POINTS, WEIGHTS, RIGHT, True), ["svg", "pdf"])
    assert (again["svg"], again["pdf"]) == (made["svg"], made["pdf"])


def order(family: str = "A", weights: int = 1_000, seed: int = 0) -> Order:
    return Order(
        identity=f"{family}{weights}", seed=seed, family=family, label=f"{family}_{{{weights}}}",
        name=family, network="n", spec="n", settings={}, changes={}, weights=weights, macs=5,
        memory=2**20,
    )  # fmt: skip


def result(family: str, weights: int, *accuracies: float) -> Result:
    def entry(seed: int, accuracy: float) -> Entry:
        curve = tuple(
            Epoch(
                epoch=n, train_loss=3 - n, value=None if n == 1 else accuracy,
            )
            for n in (1, 2, 3)
        )  # fmt: skip
        outcome = Outcome(
            figure="accuracy",
            value=accuracy,
            loss=1,
            seconds=10 + seed,
            memory=None,
            hardware="cpu",
            curve=curve,
        )
        about = (order(family, weights, seed), outcome, None, "here", None, 0)
        return Entry(seed, seed, TrialState.COMPLETE, *about)

    return Result(order(family, weights), tuple(map(entry, range(9), accuracies)))


RESULTS = [result("A", 1_000, 0.5, 0.7), result("B", 2_000, 0.9), result("C", 3_000)]


def test_points_are_means_over_the_seeds() -> None:
    one, other = measured(RESULTS)
    assert one.value == pytest.approx(60)
    assert one.deviation == pytest.approx(14.142, abs=1e-3)
    assert (one.seeds, one.seconds, one.weights) == (2, 10.5, 1_000)
    assert (other.deviation, other.seeds) == (None, 1)


def robust(accuracies: Result, *corrupted: float) -> Result:
    """A result whose trials were examined: on attacked images half as many are right."""
    trials = [
        replace(
            entry,
            robust=Robust(
                asked=9,
                images=9,
                corrupted={"blur": (0, 2 * share)},
                attacked={"FGSM": (share / 2,)},
            ),
        )
        for entry, share in zip(accuracies.trials, corrupted, strict=True)
    ]
    return replace(accuracies, trials=tuple(trials))


def test_robustness_is_drawn_and_tabulated() -> None:
    points = measured([robust(RESULTS[0], 0.4, 0.2), RESULTS[1]])
    (seen,) = under(points, "corruptions")
    assert (seen.value, seen.deviation) == (pytest.approx(30), pytest.approx(14.142, abs=1e-3))
    reached = Reached(ACCURACY, under="corruptions")
    _, axes = inside([seen], reached=reached)
    assert marks(axes)[COLOURS[0].lower(), False] == [(1_000, pytest.approx(30))]
    assert axes.get_ylabel() == "accuracy under corruptions in %"
    assert Reached(ACCURACY, True, "attacks").name == "error_attacks"
    assert [each.value for each in under(points, "attacks")] == [pytest.approx(15)]
    row, other = csv_module.DictReader(io.StringIO(csv(points)))
    assert (row["corrupted"], row["attacked"], other["attacked"]) == ("30.000", "15.000", "")
    text = latex(points, RIGHT)
    assert r"60.00 $\pm$ 14.14 & 30.00 $\pm$ 14.14 & 15.00 $\pm$ 7.07 \\" in text
    assert r"90.00 & -- & -- \\" in text
    assert "attacked that over its attacks" in page("s", RESULTS[:2], points, RIGHT)
    assert "attacked" not in page("s", RESULTS[:2], POINTS, RIGHT)


def test_learning_curves() -> None:
    kept = []

    def draw(figure, above, below) -> None:
        draw_curves(figure, above, below, RESULTS[:2], RIGHT)
        kept.extend([above, below])

    drawn(draw, ["png"], rows=2)
    above, below = kept
    lines = [
        list(zip(*line.get_data(), strict=True)) for line in below.lines if len(line.get_xdata())
    ]
    assert lines[0] == [(2, pytest.approx(60)), (3, pytest.approx(60))]
    assert lines[1] == [(2, pytest.approx(90)), (3, pytest.approx(90))]
    assert list(above.lines[0].get_ydata()) == [2, 1, 0]
    assert (above.get_ylabel(), below.get_xlabel()) == ("training loss", "epoch")


def test_published_points_have_sources() -> None:
    points = published("cifar100")
    assert {(each.label, each.weights, each.value) for each in points} >= {
        ("MGiaD_{3,64}", 4_822_000, 75.85),
        ("ResNet18", 11_220_000, 75.42),
    }
    assert all(each.source for data in ("cifar10", "imagenet") for each in published(data))
    assert published("digits") == []


def test_the_page_needs_no_network() -> None:
    text = page("a <study>", RESULTS[:2], POINTS, RIGHT)
    assert "<title>a &lt;study&gt;</title>" in text
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", text)
    data = json.loads(re.findall(r"Plotly\.newPlot\(\s*\"figure0\",\s*(\[.*?\]),\s*\{\"", text)[0])
    assert [trace["name"] for trace in data] == ["A", "B", "B, published", "Pareto front"]
    assert data[0]["x"] == [1_000, 10_000]
    assert "A Book, 1999" in data[2]["text"][0]
    assert re.search(r"<td[^>]*> *10,000</td>", text)
    assert text.count("Plotly.newPlot(") == 2


def test_tables() -> None:
    rows = list(csv_module.DictReader(io.StringIO(csv(POINTS))))
    assert len(rows) == 5
    assert (rows[0]["name"], rows[0]["deviation"], rows[4]["source"]) == (
        "A_1",
        "0.500",
        "A Book, 1999",
    )
    text = latex(POINTS, RIGHT)
    assert r"A\textsubscript{2} & 10\,000 & 100\,000 & 95.00 $\pm$ 1.50 \\" in text
    assert r"B\textsubscript{0}$^*$ & 50\,000 & -- & 96.00 \\" in text
    assert text.count(r"\midrule") == 2


def test_a_study_without_results(tmp_path) -> None:
    file = StudyFile.model_validate(
        {"data": "digits", "recipe": "digits", "family": [{"name": "A", "spec": "mgnet"}]}
    )
    with pytest.raises(SpecError, match="no trial of s has ended yet"):
        write_figures(Study(file, Source("s.toml", "")), RESULTS[2:], tmp_path / "f", Wishes())
    assert not (tmp_path / "f").exists()


def test_plot_from_the_command_line(write_study, capsys, tmp_path) -> None:
    more = (
        '[[published]]\nlabel = "P"\nfamily = "tiny"\nweights = "1k"\naccuracy = 99\nsource = "S"'
    )
    path = write_study(more=more)
    assert main(["plot", str(path)]) == 1
    assert "was not begun" in capsys.readouterr().err
    assert main(["sweep", str(path), "--device", "cpu"]) == 0
    capsys.readouterr()
    assert main(["plot", str(path)]) == 0
    names = capsys.readouterr().out.split()
    folder = tmp_path / "runs" / "figures"
    assert sorted(names) == sorted(str(each) for each in folder.iterdir())
    assert len(names) == 5 * 3 + 3
    assert len((folder / "results.csv").read_text().splitlines()) == 4
    out = tmp_path / "pdf"
    assert main(["plot", str(path), "-o", str(out), "--formats", "pdf", "--no-published"]) == 0
    assert len(list(out.iterdir())) == 5 + 3
    assert len((out / "results.csv").read_text().splitlines()) == 3
    (tmp_path / "file").write_text("mine")
    assert main(["plot", str(path), "-o", str(tmp_path / "file")]) == 1


def test_plot_without_matplotlib(write_study, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly", None)
    assert main(["plot", str(write_study())]) == 1
    assert 'pip install "mgiad-dsl[plot]"' in capsys.readouterr().err


def test_of_errors_less_is_better() -> None:
    reached = Reached(RELATIVE_L2)
    assert [each.label for each in front(POINTS[:4], WEIGHTS, reached)] == ["A_{1}"]
    _, axes = inside(reached=reached)
    assert axes.get_ylabel() == "held-out relative L2 error in %"
