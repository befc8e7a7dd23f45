"""The commands as a user runs them."""

from __future__ import annotations

import csv
import importlib
import io
import json
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import pytest

from mgiad_dsl import cli, compiler
from mgiad_dsl.cli import main
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.main import COMMANDS
from mgiad_dsl.show.dump import STAGES
from tests.study.small import small_study

ROOT = Path(__file__).parents[2]
WITHOUT_TORCH = (
    "import sys; sys.modules['torch'] = sys.modules['torchvision'] = None; "
    "from mgiad_dsl.cli import main; sys.exit(main(sys.argv[1:]))"
)


def blocked(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that cannot import torch."""
    command = [sys.executable, "-c", WITHOUT_TORCH, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_check_names_every_variant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "mgnet"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "mgnet: 2,750,666 weights, no errors"
    assert "mgnet:imagenet: 3,012,776 weights, no errors" in out


def test_an_error_goes_to_stderr_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "bad.mgspec"
    spec.write_text("network n()\nlet a = b\n")
    assert main(["count", str(spec)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{spec}:2:9: error: `b` is not declared" in said.err
    assert "Traceback" not in said.err


def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["count"], ["count", "mgnet", "--set", "width"], ["nonsense"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_every_file_with_a_command_is_one() -> None:
    files = (importlib.import_module(f"mgiad_dsl.cli.{m.name}") for m in iter_modules(cli.__path__))
    found = [vars(file)["COMMAND"] for file in files if "COMMAND" in vars(file)]
    assert sorted(found, key=lambda c: c.name) == sorted(COMMANDS, key=lambda c: c.name)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_in_the_documentation(command: Command) -> None:
    pages = [*ROOT.glob("docs/*.md"), ROOT / "README.md"]
    assert any(f"mgiad {command.name}" in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize("command", ["", *(command.name for command in COMMANDS)])
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*filter(None, [command]), "--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert "mgiad COMMAND --help" in out if not command else "examples:" in out


def test_count_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgiad", "--groups"]) == 0
    out = capsys.readouterr().out
    assert "1,383,844" in out
    assert "published 1,384k" in out
    assert "reconstructed" in out
    assert "A.4_2" in out


def test_count_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgnet", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["weights"] == 2_750_666
    assert facts["dead"] == 1_152
    assert facts["published"][0]["agrees"] is True
    assert sum(group["weights"] for group in facts["groups"]) == facts["weights"]
    assert facts["parameters"]["share_B"] is True


def test_several_networks_side_by_side_as_csv(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgnet", "mgnet:A", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["weights"] for row in rows] == ["2750666", "4114634"]
    assert rows[1]["difference"] == "agrees"


def test_groups_as_csv(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgnet", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sum(int(row["weights"]) for row in rows) == 2_750_666


@pytest.mark.parametrize(("form", "mark"), [("markdown", "|---"), ("latex", r"\begin{tabular}")])
def test_pasteable_tables(form: str, mark: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgnet", "resnet18", f"--{form}"]) == 0
    out = capsys.readouterr().out
    assert mark in out
    assert "11,689,512" in out


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("table", r"published 54 (a|b & c_d \| e|): agrees"),
        ("markdown", r"published 54 (a\|b & c_d \\\| e\|): agrees"),
        (
            "latex",
            r"published 54 (a\textbar{}b \& c\_d \textbackslash{}\textbar{} e\textbar{}): agrees",
        ),
    ],
)
def test_the_source_of_a_figure_keeps_its_cell(form: str, shown: str, tmp_path, capsys) -> None:
    spec = tmp_path / "n.mgspec"
    spec.write_text(
        "network n input x : 2 x 4 x 4 operators { A : x -> 3 conv 3x3 } output y = A(x)\n"
        r'published weights 54 "a|b & c_d \| e|"'
    )
    assert main(["count", str(spec), *([] if form == "table" else [f"--{form}"])]) == 0
    assert shown in capsys.readouterr().out


def test_check_reads_a_file_once_and_goes_on_behind_a_wrong_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read: list[str] = []
    parse = compiler.parse
    monkeypatch.setattr(compiler, "parse", lambda s: (read.append(s.name), parse(s))[1])
    wrong = tmp_path / "wrong.mgspec"
    wrong.write_text("network n(")
    assert main(["check", str(wrong), "mgnet", "nothing", "digits"]) == 1
    said = capsys.readouterr()
    assert [Path(name).stem for name in read] == ["wrong", "mgnet", "digits"]
    assert "mgnet:imagenet: 3,012,776 weights, no errors\ndigits: " in said.out
    assert f"{wrong}:1:11: error: the file ends before `(` is closed" in said.err
    assert "error: there is no file nothing" in said.err


def test_set_skips_claims_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgnet", "--set", "width=1.4", "classes=100"]) == 0
    said = capsys.readouterr()
    assert "skipped under --set" in said.err
    assert "published" not in said.out


def test_compile_writes_a_file_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "net.py"
    assert main(["compile", "mgnet:cifar100", "-o", str(target)]) == 0
    assert "class Mgnet(nn.Module)" in target.read_text()
    assert main(["compile", "mgnet:cifar100", "-o", str(tmp_path / "no" / "net.py")]) == 1
    assert main(["compile", "mgnet", "--set", "width=0", "-o", str(target)]) == 1
    assert "2,773,796" in target.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["net.py"]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "python"])
def test_dumps_of_the_stages_are_json(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "mgiad", "--emit", stage]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "mgiad"


def test_stdin_and_stdout() -> None:
    text = (ROOT / "specs" / "mgnet.mgspec").read_text()
    run = subprocess.run(
        [sys.executable, "-m", "mgiad_dsl", "compile", "-"],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert "class Mgnet(nn.Module)" in run.stdout


def test_list_shows_every_bundled_spec(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    rows = {line.split()[0]: line for line in out.splitlines()[3:]}
    assert set(rows) == {path.stem for path in (ROOT / "specs").glob("*.mgspec")}
    counted = compiler.compile_file("mgnet").count
    what = "MgNet as configured by van Betteray, Rottmann and Kahl"
    words = f"mgnet CIFAR-10 {counted.weights:,} {counted.macs:,} 5 {what}"
    assert rows["mgnet"].split() == words.split()


def test_list_shows_every_variant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--variants"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[3:]]
    names = [row[0] for row in rows]
    specs = [compiler.read(str(path))[0] for path in (ROOT / "specs").glob("*.mgspec")]
    assert len(names) == len(set(names)) == sum(1 + len(spec.variants) for spec in specs)
    assert ["mgiad:w3", "CIFAR-100", "4,821,796", "2,592,159,744"] in rows


def test_everything_but_training_works_without_torch(tmp_path: Path) -> None:
    assert blocked("check", "mgiad").returncode == 0
    assert "1,383,844" in blocked("count", "mgiad").stdout
    assert "import torch" in blocked("compile", "mgiad").stdout
    assert "95,658" in blocked("sweep", "examples/studies/digits_tradeoff.toml", "--dry-run").stdout
    drawn = blocked("draw", "mgiad", "-o", str(tmp_path / "mgiad.dot"))
    assert drawn.returncode == 0, drawn.stderr
    assert "digraph" in (tmp_path / "mgiad.dot").read_text()
    trained = blocked("train", "digits", "--data", "digits")
    assert trained.returncode == 1
    assert "pip install" in trained.stderr
    assert "Traceback" not in trained.stderr


def test_counting_imports_neither_torch_nor_networkx() -> None:
    code = (
        "import sys; from mgiad_dsl.cli import main; main(['count', 'mgiad']); "
        "assert not {'torch', 'networkx', 'graphviz'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr


def test_colour_only_on_a_terminal() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mgiad_dsl", "count", "nothing"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert run.returncode == 1
    assert "\x1b" not in run.stderr


def test_colour_on_a_terminal_unless_told_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for told, coloured in ((False, True), (True, False)):
        screen = Terminal()
        monkeypatch.setattr("sys.stderr", screen)
        if told:
            monkeypatch.setenv("NO_COLOR", "1")
        else:
            monkeypatch.delenv("NO_COLOR", raising=False)
        assert main(["count", "nothing"]) == 1
        assert ("\x1b[" in screen.getvalue()) is coloured


def test_train_and_eval_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    recipe = ["--with", "epochs=2", "batch=128"]
    trained = ["train", "digits", "--set", "width=0.5", "--data", "digits", "--out", str(run)]
    assert main([*trained, *recipe]) == 0
    said = capsys.readouterr()
    assert "held-out accuracy" in said.out + said.err
    assert (run / "report.md").is_file()
    assert main(["eval", str(run), "--robustness-images", "40"]) == 0
    assert "accuracy" in capsys.readouterr().out
    assert (run / "eval.md").is_file()


@pytest.mark.parametrize("depth", [[], ["--depth", "ops"]])
def test_a_picture_tells_what_was_set(depth: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["draw", "digits", "--no-legend", *depth, "-o", "-"]
    assert main(words) == 0
    assert "<B>digits</B>" in capsys.readouterr().out
    assert main([*words, "--set", "width=1/2"]) == 0
    assert "<B>digits width=1/2</B>" in capsys.readouterr().out


QUIET = {
    "check": ["check", "mgnet"],
    "count": ["count", "mgnet", "--set", "classes=7"],
    "compile": ["compile", "mgnet", "--inference"],
    "draw": ["draw", "mgnet", "-o", "-", "-O1"],
    "eval": ["eval", "RUN", "--robustness-images", "0"],
    "list": ["list"],
    "plot": ["plot", "study.toml", "--formats", "svg"],
    "runs": ["runs", "loud"],
    "sweep": ["sweep", "study.toml"],
    "report": ["report", "mgnet", "-o", "-"],
    "solve": ["solve", "mgnet", "--vary", "width=1,2"],
    "train": ["train", "mgnet", "--set", "width=1/8", "--data", "fake", "--out", "RUN"],
}


def test_every_command_can_be_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results are what they are without it; nothing is said besides."""
    assert set(QUIET) == {command.name for command in COMMANDS}
    monkeypatch.chdir(tmp_path)
    small_study(tmp_path)
    for name in sorted(QUIET, key=lambda name: name in ("eval", "plot", "runs")):  # they need runs
        said = []
        for run, quiet in (("loud", []), ("quiet", ["--quiet"])):
            words = [run if word == "RUN" else word for word in QUIET[name]]
            assert main([*words, *quiet]) == 0
            said.append(capsys.readouterr())
        loud, quiet = said
        assert not quiet.err
        assert quiet.out
        assert loud.err or name in ("eval", "list", "plot", "runs", "solve")
        if name == "train":
            assert quiet.out.startswith("held-out accuracy ")
            assert quiet.out.count("\n") == 1
        elif name != "eval":  # of another run
            assert quiet.out == loud.out


def test_errors_are_never_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgnett", "--quiet"]) == 1
    assert "error: there is no file mgnett" in capsys.readouterr().err
    assert main(["count", "mgiad", "-q", "--vary", "width=1,2,wide"]) == 1
    assert "width=wide: " in capsys.readouterr().err


def test_a_warning_is_said_once_in_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dead = "warning: dead weights, never applied: R0, Pi0"
    for _ in range(2):  # and again in the next one
        assert main(["count", "mgnet", "mgnet:A", "mgnet:cifar100"]) == 0
        assert capsys.readouterr().err.count(dead) == 1
    assert main(["check", "mgnet"]) == 0
    assert capsys.readouterr().err.count(dead) == 1
    words = [
        "--data",
        "fake",
        "--with",
        "epochs=1",
        "--seeds",
        "0,1",
        "--out",
        str(tmp_path / "run"),
    ]
    assert main(["train", "mgnet", "--set", "width=1/8", *words]) == 0
    said = capsys.readouterr()
    assert said.err.count(dead) == 1
    assert "never applied" not in said.out


def test_training_data_that_does_not_fit_names_the_setting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", "mgnet", "--data", "digits"]) == 1
    assert "--set in_channels=1 size=8" in capsys.readouterr().err


def test_of_several_processes_one_says_it(capsys, monkeypatch) -> None:
    assert main(["check", "mgnet"]) == 0
    assert "warning: dead weights" in capsys.readouterr().err
    monkeypatch.setenv("RANK", "1")
    assert main(["check", "mgnet"]) == 0
    assert not capsys.readouterr().err
    assert main(["check", "mgnett"]) == 1  # an error may be this process's alone
    assert "error:" in capsys.readouterr().err
