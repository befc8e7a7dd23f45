"""The documentation says what the program does: every block, table and link is tried.

``python -m tests.pages`` rewrites the messages and outputs on the pages after a change.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from mgiad_dsl import SpecError, compile_file, compile_source
from mgiad_dsl.base.source import Source
from mgiad_dsl.language import words
from mgiad_dsl.language.kinds import KINDS
from mgiad_dsl.lower.schedule import schedule
from mgiad_dsl.parse import parse
from mgiad_dsl.parse.grammar import reserved_words
from mgiad_dsl.show import memory
from mgiad_dsl.show.facts import network_facts
from tests.pages import (
    PAGES,
    ROOT,
    Block,
    blocks,
    habits_table,
    messages,
    printed_by,
    transcript,
    workplace,
)

BLOCKS = {page: blocks(page, page.read_text(encoding="utf-8")) for page in PAGES}
LANGUAGE = (ROOT / "docs/language.md").read_text(encoding="utf-8")
COUNT = (ROOT / "docs/count.md").read_text(encoding="utf-8")


def each(*kinds: str) -> pytest.MarkDecorator:
    found = [block for blocks_ in BLOCKS.values() for block in blocks_ if block.kind in kinds]
    return pytest.mark.parametrize("block", found, ids=str)


def check_spec(block: Block) -> None:
    """A network that is right, in all its variants, and whose counts are stated."""
    assert messages(block) == ""
    tree = parse(Source(block.file, block.text))
    assert tree.expects, "an example states its count: expect weights ..."
    assert all(variant.expects for variant in tree.variants)


def check_messages(block: Block) -> None:
    """Exactly the messages that follow; errors are errors, warnings warnings."""
    assert block.result is not None, "a text block with the messages follows"
    assert messages(block) == block.result.text
    kind = block.kind.removeprefix("mgspec-")
    assert f": {kind}: " in block.result.text


@each("mgspec")
def test_examples_are_right_and_count_as_stated(block: Block) -> None:
    check_spec(block)


@each("mgspec-error", "mgspec-warning")
def test_messages_are_those_shown(block: Block) -> None:
    check_messages(block)


@each("console")
def test_commands_print_what_is_shown(block: Block, tmp_path: Path) -> None:
    with workplace(BLOCKS[block.page], tmp_path):
        assert transcript(block.text) == block.text


@each("python")
def test_python_prints_what_is_shown(block: Block, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with workplace(BLOCKS[block.page], tmp_path):
        printed = printed_by(block)
    assert printed == (block.result.text if block.result else "")


@each("mgspec")
def test_examples_run(block: Block) -> None:
    torch = pytest.importorskip("torch")
    from mgiad_dsl.runtime import load

    compiled = compile_source(Source(block.file, block.text))
    network = load(compiled.python)
    assert sum(p.numel() for p in network.parameters()) == compiled.count.weights
    nodes = compiled.written.operations
    images = [torch.randn(2, *n.shape) for n in nodes.values() if n.name.startswith("input_")]
    given = network(*images)
    shapes = {name: (2, *nodes[node].shape) for name, node in compiled.written.outputs.items()}
    results = given if isinstance(given, dict) else dict.fromkeys(shapes, given)
    assert {name: value.shape for name, value in results.items()} == shapes


def test_the_divergence_is_that_of_the_data() -> None:
    torch = pytest.importorskip("torch")
    from mgiad_dsl.runtime import load
    from mgiad_dsl.train.data.generated import described, fields

    block = next(b for b in BLOCKS[ROOT / "docs/language.md"] if b.file == "divergence.mgspec")
    network = load(compile_source(Source(block.file, block.text), None, {"n": 15}).python)
    given = fields(described("darcy:15")[0], count=2, seed=0)
    flow = network(given["coefficient"], given["solution"])
    torch.testing.assert_close(flow, given["rhs"], atol=1e-5, rtol=0)


def test_other_lines_do_not_change_names() -> None:
    block = next(b for b in BLOCKS[ROOT / "docs/language.md"] if b.file == "names.mgspec")
    names = set(compile_source(Source(block.file, block.text)).written.groups)
    for old, new in {
        "operators {": "# more\noperators { Z : image -> image  conv 3x3 bias\n",
        "start {": "start { let s = relu(norm(image))",
        "coarsen {": "coarsen { let s = relu(norm(u[l]))",
        "1..2 {": "1..3 {",
    }.items():
        longer = compile_source(
            Source(block.file, block.text.replace(old, new).replace("expect", "#"))
        )
        assert names < set(longer.written.groups), new


def test_names_of_examples_are_unique() -> None:
    """A command runs the one example of that name."""
    for found in BLOCKS.values():
        files = [block.file for block in found if block.kind.startswith("mgspec")]
        assert len(files) == len(set(files))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_are_of_known_kinds_and_links_lead_somewhere(page: Path) -> None:
    known = {
        "mgspec",
        "mgspec-error",
        "mgspec-warning",
        "console",
        "bash",
        "python",
        "text",
        "toml",
    }
    assert {block.kind for block in BLOCKS[page]} <= known
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", _prose(page)):
        other = (page.parent / target).resolve() if target else page
        assert other.exists(), target
        if anchor:
            assert anchor in _anchors(other), anchor


def _prose(page: Path) -> str:
    """Without code."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    return re.sub(r"(?m)^(?!#)(.*)$", lambda line: re.sub(r"`[^`]*`", "", line[0]), text)


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"(?m)^#+ (.*)$", _prose(page))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_it_can_fail() -> None:
    right = next(b for b in BLOCKS[ROOT / "docs/language.md"] if b.kind == "mgspec")
    changes = {"expect weights": "# ", "38_162": "38_163", "theta   :": "theta  [l] :"}
    for old, new in changes.items():
        wrong = blocks(right.page, f"```mgspec\n{right.text.replace(old, new)}```\n")[0]
        assert wrong.text != right.text
        with pytest.raises(AssertionError):
            check_spec(wrong)
    shown = next(b for b in BLOCKS[right.page] if b.kind == "mgspec-error")
    assert shown.result is not None
    for text in ("", shown.result.text.replace("error", "warning"), shown.result.text + "x\n"):
        page = f"```mgspec-error\n{shown.text}```\n```text\n{text}```\n"
        with pytest.raises(AssertionError):
            check_messages(blocks(shown.page, page)[0])


def test_outputs_are_compared(tmp_path: Path) -> None:
    page, command = ROOT / "docs/language.md", "$ mgiad check tiny.mgspec\n"
    with workplace(BLOCKS[page], tmp_path):
        for shown in ("tiny: 1 weights, no errors\n", "...\nno\n", ""):
            right = f"{command}tiny: 38,162 weights, no errors\n"
            assert transcript(command + shown) == right
        assert transcript(f"{command}...\n") == f"{command}...\n"


# -- tables and pictures of the language -----------------------------------------------------


def test_all_words_are_listed() -> None:
    listed = _section(LANGUAGE, "Words that cannot be names").split("```text\n")[1].split("```")[0]
    assert listed.split() == sorted(reserved_words() | words.FUNCTIONS)


def test_all_words_are_in_the_grammar_summary() -> None:
    grammar = _section(LANGUAGE, "One-page grammar")
    shown = set(re.findall(r"\b[a-z_]+\b", grammar))
    assert reserved_words() - {"true", "false"} <= shown


def test_all_kinds_and_options_are_in_the_table() -> None:
    kinds = _section(LANGUAGE, "Kinds of operators")
    for kind, traits in KINDS.items():
        row = next(r for r in kinds.splitlines() if r.startswith("|") and f"`{kind}" in r[:30])
        row = row if kind != "maxpool" else row.replace("avgpool", "")
        for option in set().union(*(t.options for t in KINDS.values())):
            shown = f"`{option}`" in row.split("|")[2]
            assert shown == (option in traits.options), f"{kind} {option}"


def test_words_for_parameters() -> None:
    section = _section(LANGUAGE, "Parameters")
    rows = re.findall(r"(?m)^\| (?:kinds|activ|ways|what).*\| (.*) \|$", section)
    shown = [tuple(row.replace("`", "").split(", ")) for row in rows]
    assert shown == list(words.WORD_SETS)


def test_all_activations_are_in_the_table_of_equations() -> None:
    rows = re.findall(r"(?m)^\| (.*) \| activations keep", _section(LANGUAGE, "Equations"))
    assert [re.findall(r"`(\w+)", row) for row in rows] == [list(words.ACTIVATIONS)]


def test_all_words_from_habit_are_listed() -> None:
    assert "| `softmax`" in _section(LANGUAGE, "Words from habit")
    assert habits_table(LANGUAGE) == LANGUAGE


@pytest.mark.parametrize("kind", words.CYCLES)
def test_pictures_of_cycles(kind: str) -> None:
    picture = re.search(rf"```text\n{kind} .*?\n\n(.*?)```", LANGUAGE, re.DOTALL)
    assert picture is not None
    marks = {}
    for line in picture[1].splitlines():
        level, row = re.fullmatch(r"    l = (\d)  (.*)", line).groups()  # type: ignore[union-attr]
        marks |= {at: (sign, int(level)) for at, sign in enumerate(row) if sign != " "}
    signs = {"pre": "o", "post": "o", "solve": "*"}
    run = [(signs[part], level) for part, level in schedule(kind, 1, 4) if part in signs]
    assert [marks[at] for at in sorted(marks)] == run


def test_the_order_of_a_v_cycle() -> None:
    order = ", ".join(f"{part} {level}" for part, level in schedule("V", 1, 3))
    assert f"```text\n{order}\n```" in LANGUAGE


LIMITS = {
    "bytes of a file": ("base.source", "MAX_SIZE"),
    "characters of a name or number": ("parse.bounds", "MAX_WORD"),
    "depth of brackets and of expressions": ("parse.bounds", "MAX_DEPTH"),
    "depth of lets that use lets": ("language.evaluate", "MAX_DEPTH"),
    "cycles in each other": ("check.statements", "MAX_NESTED"),
    "bits of a numerator or denominator": ("language.evaluate", "MAX_BITS"),
    "items of a list": ("language.evaluate", "MAX_ITEMS"),
    "levels of one index": ("lower.spaces", "MAX_LEVELS"),
    "lists in lists": ("language.evaluate", "MAX_NESTED"),
    "dimensions of an image": ("language.spec", "MAX_RANK"),
    "channels, and points along each dimension": ("lower.builder", "MAX_SIZE"),
    "operations of the unrolled network": ("lower.builder", "MAX_NODES"),
    "steps of work to unroll it": ("language.evaluate", "MAX_WORK"),
}


_UPSAMPLE = "start { let r = upsample(image, N) } operators { A : image -> 2  conv 1x1 }"


def test_limits_are_those_of_the_code() -> None:
    rows = re.findall(r"(?m)^\| (.+?) \| ([\d,]+) \|$", _section(LANGUAGE, "Limits and safety"))
    shown = {what: int(most.replace(",", "")) for what, most in rows}
    for what, (module, constant) in LIMITS.items():
        assert shown.pop(what) == getattr(importlib.import_module(f"mgiad_dsl.{module}"), constant)
    for what, most in shown.items():  # limits without a constant
        line = {
            "kernel, stride, dilation, padding": "operators { A : image -> 2  conv 1x1 pad N }",
            "factor of `upsample`": _UPSAMPLE,
        }[what]
        _compile_with(line, most)
        with pytest.raises(SpecError, match=f"{most}"):
            _compile_with(line, most + 1)


def _compile_with(line: str, number: int) -> None:
    text = f"network n input image : 2 x 1 x 1 {line.replace('N', str(number))} output y = A(image)"
    compile_source(Source("n.mgspec", text))


def test_precedence_and_functions() -> None:
    """The statements about expressions, as the channels of a convolution."""
    claims = {
        "1_000_000": 1_000_000, "1.4 * 5": 7, "2.5e3": 2500, "2_751k / 1k": 2751,
        "8.2M / 8200": 1000,
        "2^3^2": 512, "10 + -2^2": 6, "[64, 128, 256][1]": None, "round(5/2)": 3,
        "10 + round(-5/2)": 8, "floor(log2(8))": 3, "floor(log2(2^200 - 1)) - 100": 99,
        "min(3, 2, 5)": 2, "max([3, 2, 5])": 5, "sum([1, 2])": 3, "len([1, 2])": 2,
        "floor(7/2)": 3, "ceil(7/2)": 4, "true or 1 / 0 == 1 ? 3 : 4": 3, "not 1 == 2 ? 1 : 2": 1,
        "relu == gelu ? 1 : 2": 2, "[1] == [1] ? 1 : 2": 1, "1 < 2 < 3 ? 1 : 2": None,
    }  # fmt: skip
    for expr, value in claims.items():
        text = (
            f"network n let a = {expr} input image : 1 x 8 x 8 "
            "operators { A : image -> a conv 1x1 } output y = A(image)"
        )
        if value is None:
            with pytest.raises(SpecError):
                compile_source(Source("n.mgspec", text))
        else:
            assert compile_source(Source("n.mgspec", text)).count.weights == value, expr


def test_json_has_the_documented_keys() -> None:
    section = _section(COUNT, "JSON")
    network, group = section.split("| key of a group |")
    text = next(b.text for b in BLOCKS[ROOT / "docs/count.md"] if b.file == "one.mgspec")
    facts = network_facts(compile_source(Source("one.mgspec", text)))
    (first,) = facts["groups"]  # type: ignore[misc]
    assert _keys(network) == sorted(facts)
    assert _keys(group) == sorted(first)


def test_json_of_memory_has_the_documented_keys() -> None:
    compiled = compile_file("digits")
    found = memory.facts(memory.Fit(compiled, compiled.memory(1), room=2**30))
    table = _section(COUNT, "Memory in JSON").partition("| key of `memory` |")[2]
    assert _keys(table) == sorted(found)


def _keys(table: str) -> list[str]:
    """The words in the first cells of a table."""
    cells = re.findall(r"(?m)^\| (`.*?) \|", table)
    return sorted(key for cell in cells for key in re.findall(r"`(\w+)`", cell))


def _section(page: str, title: str) -> str:
    match = re.search(rf"(?ms)^(#+) {re.escape(title)}\n(.*?)(?=^#+ |\Z)", page)
    assert match is not None, title
    return match[2]
