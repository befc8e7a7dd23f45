"""Whatever is fed in, reading ends quickly, with a graph or a SpecError."""

import io
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mgiad_dsl.base import resources
from mgiad_dsl.base.source import MAX_SIZE, Source, SpecError
from mgiad_dsl.compiler import compile_file, compile_source
from mgiad_dsl.parse.bounds import _PIECE

NET = """network net
input image : 3 x 8 x 8
levels l in 1..2 : resolution
spaces u[l] : 3 channels, size 8
operators {{ A[l] : u[l] -> u[l] conv 3x3 }}
start {{ u[1] = image }}
{}
output o = u[1]
"""


def value(expr: str) -> str:
    return f"network net\ninput image : 3 x 8 x 8\nlet n = {expr}\noutput o = n * image\n"


def chain(count: int, last: str, link: str) -> str:
    """``let a0 = last``, ``let a1 = link of a0``, ..."""
    lets = [f"let a0 = {last}"] + [
        f"let a{i} = {link.format(f'a{i - 1}')}" for i in range(1, count)
    ]
    body = "\n".join(lets)
    return f"network net\ninput image : 3 x 8 x 8\n{body}\noutput o = a{count - 1} * image\n"


def unrolled(levels: str, kind: str, steps: str, body: str = "u = A(u)") -> str:
    return f"""network net
input image : 3 x 8 x 8
levels l in {levels} : resolution
spaces u : 3 channels
spaces v[l] : 3 channels
operators {{ A : u -> u conv 3x3 }}
start {{ u = image }}
cycle over l : {kind} {{
    smooth {steps} {{ {body} }}
    coarsen {{ v[l+1] = 0 }}
    correct {{ }}
}}
output o = u
"""


def nested_levels(depth: int) -> str:
    levels = "\n".join(f"levels l{i} in 1..9 : channel" for i in range(depth))
    cycles = "".join(
        f"cycle over l{i} : V {{ coarsen {{ }} correct {{ }} smooth 9 {{ " for i in range(depth)
    )
    return (
        f"network net\ninput image : 3 x 8 x 8\nspaces u : 3 channels\n{levels}\n"
        f"start {{ u = image }}\n{cycles}{' } }' * depth}\noutput o = u\n"
    )


def steps_in_steps(depth: int) -> str:
    """Every step runs the next one in three places."""
    levels = "\n".join(f"levels l{i} in 1..2 : channel" for i in range(depth))
    steps = "\n".join(
        f"step s{i} {{ cycle over l{i} : V {{ smooth a{i} in 1..2 s{i + 1} coarsen {{ }} "
        f"solve s{i + 1} correct {{ }} smooth b{i} in 1..2 s{i + 1} }} }}"
        for i in range(depth)
    )
    return (
        f"network net\ninput image : 3 x 8 x 8\nspaces u : 3 channels\n{levels}\n{steps}\n"
        f"step s{depth} {{ u = relu(u) }}\nlevels l in 1..2 : resolution\nstart {{ u = image }}\n"
        f"cycle over l : V {{ smooth s0 coarsen {{ }} correct {{ }} }}\noutput o = u\n"
    )


BAD = {
    "brackets": value("(" * 50_000),
    "brackets closed": value("(" * 30_000 + "1" + ")" * 30_000),
    "nested lists": value("[" * 60 + "1" + "]" * 60),
    "nested calls": value("floor(" * 64 + "1" + ")" * 64),
    "nested blocks": NET.format("cycle over l : V { smooth { " * 5_000),
    "minus chain": value("-" * 20_000 + "1"),
    "not chain": value("not " * 10_000 + "true"),
    "sum chain": value("1" + "+1" * 9_000),
    "power chain": value("2" + "^2" * 9_000),
    "condition chain": value("true ? 1 : " * 5_000 + "1"),
    "index chain": value("n[" * 60 + "1" + "]" * 60),
    "long number": value("9" * 60_000),
    "decimals": value("0." + "1" * 60_000),
    "exponent": value("1e999999999"),
    "exponent in zeros": value("1e" + "0" * 40 + "999999999"),
    "many digits": value("1" * 64 + "." + "1" * 60),
    "power": value("2 ^ 1_000_000_000"),
    "power tower": value("9 ^ 9 ^ 9 ^ 9"),
    "negative power": value("2 ^ -99999999999999999999"),
    "power of zero": value("(0 * 1) ^ -1"),
    "tiny": value("1 / 10^60 / 10^60"),
    "long list": value("[" + "1," * 10_000 + "1]"),
    "lets too deep": chain(3_000, "1", "{} + 1"),
    "lets that double": chain(1_000, "1", "{0} + {0}"),
    "lets that square": chain(20, "3", "{0} * {0}"),
    "lists that double": chain(20, "[1]", "[{0}, {0}]"),
    "lists times numbers": chain(16, "[" + "1," * 4_000 + "1]", "{0} * 2 * 2 * 2 * 2 * 2"),
    "circle": chain(3_000, "a2999", "{}"),
    "level count": unrolled("1..3_000_000_000", "V", "1"),
    "level start": unrolled("-10^30..10^30", "V", "1"),
    "steps": unrolled("1..2", "V", "1_000M"),
    "steps without work": unrolled("1..2", "V", "10^50", body=""),
    "step range": unrolled("1..2", "V", "i in 10^40..10^50", body=""),
    "W cycle": unrolled("1..400", "W", "1"),
    "F cycle": unrolled("1..100", "F", "9"),
    "W cycle without work": unrolled("1..40", "W", "1", body=""),
    "nested cycles": nested_levels(4),
    "nested too deep": nested_levels(8),
    "steps in steps": steps_in_steps(4),
    "steps in steps, deep": steps_in_steps(40),
    "unreached levels": "network net\ninput image : 3 x 8 x 8\n"
    "levels a in 1..9999 : channel\nlevels b in 1..9999 + 0 * a : channel\n"
    "spaces u[a,b] : 3 channels\nstart { u[1,1] = image }\noutput o = u[1,1]\n",
    "channels": NET.format("").replace("u[l] : 3", "u[l] : 3_000M"),
    "classes": NET.format("output p = W(avgpool(u[1]))").replace(
        "A[l]", "W : u[1] -> 10^70 linear A[l]"
    ),
    "image": NET.format("").replace("3 x 8 x 8", "3 x 10^60 x 8"),
    "kernel": NET.format("output p = A[1](u[1])").replace("3x3", "(10^9)x3"),
    "upsampling": NET.format("output p = " + "upsample(" * 20 + "u[1]" + ", 64)" * 20),
    "padding": NET.format("output p = A[1](u[1])").replace("3x3", "3x3 pad 4096 stride 4097"),
    "stencils": NET.replace("1..2", "1..9_999")
    .format(
        "cycle over l : backslash { smooth { u[l] = X[l](u[l]) } coarsen { u[l+1] = Y[l](u[l]) } }"
    )
    .replace(
        "A[l]", "X[l] : u[l] -> u[l] stencil s fixed Y[l] : u[l] -> u[l+1] stencil s fixed A[l]"
    )
    + "let s = ["
    + ("[" + "1," * 60 + "1],") * 61
    + "]\n",
    "megabytes": "network net\n" + "# nothing\n" * 1_000_000,
    "long line": "network net " + "a" * 60_000,
    "long string": 'network net published weights 3k "' + "a" * 60_000,
    "binary": "network net\n" + "".join(map(chr, range(256))) * 100,
    "nothing": "",
    "spaces": " \n" * 30_000,
    "quotes": '"' * 60_000,
    "many errors": "network net\n" + "let a = $\n" * 6_000,
    "many settings": "network net(a = 1)\n"
    + "".join(f"variant v{i} {{ b{i} = 1 }}\n" for i in range(2_000)),
    "many steps": NET.format(
        "cycle over l : backslash { coarsen { }"
        + "".join(f" smooth s{i}" for i in range(3_000))
        + "}"
    ),
    "many names": "network net\n" + "".join(f"let a{i} = b{i}\n" for i in range(3_000)),
}


@pytest.mark.parametrize("name", BAD)
def test_ends_with_an_error(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        compile_source(Source("bad.mgspec", BAD[name]))
    assert len(str(caught.value)) < 20_000


@pytest.mark.parametrize("opened", ["(", "[", "{", "network", "network n(", "let a =", '"', "1 +"])
def test_unclosed(opened: str) -> None:
    with pytest.raises(SpecError):
        compile_source(Source("bad.mgspec", f"network n {opened}"))


@pytest.mark.parametrize(
    "given",
    [10**5_000, -(2**300), float("nan"), float("inf"), None, [1], "1" * 5_000, "(" * 200, "", " ",
     "\0", "1) let a = 2", "9^9^9", "$", "1/0", b"3", object()],
    ids=lambda given: type(given).__name__,
)  # fmt: skip
def test_settings(given: object) -> None:
    with pytest.raises(SpecError):
        compile_file("mgnet", width=given)


# -- files -----------------------------------------------------------------------------------


def test_reads_text(tmp_path: Path) -> None:
    path = tmp_path / "net.mgspec"
    path.write_bytes(b"\xef\xbb\xbfnetwork a\r\n# \xc3\xa4\rlet b = 1\n")
    assert Source.read(str(path)) == Source(str(path), "network a\n# ä\nlet b = 1\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"network\n\xff\xfe", "is not UTF-8 text: byte 0xff in line 2"),
        ("network".encode("utf-16"), "is not UTF-8 text"),
        (b"#" * (MAX_SIZE + 1), "is too large: a spec has at most 65,536 bytes"),
    ],
)
def test_no_text(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "net.mgspec"
    path.write_bytes(content)
    with pytest.raises(SpecError, match=message):
        Source.read(str(path))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "none.mgspec", "No such file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "a\0b", "null byte"),
    ):
        with pytest.raises(SpecError, match=f"cannot be read: .*{message}"):
            Source.read(str(path))


def test_endless_file() -> None:
    with pytest.raises(SpecError, match="too large"):
        Source.read("/dev/zero")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"network a\n")))
    assert Source.read("-") == Source("<stdin>", "network a\n")


# -- any text --------------------------------------------------------------------------------

QUICK = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
SPECS = {path.stem: path.read_text(encoding="utf-8") for path in resources.bundled_specs()}


def ends(text: str) -> None:
    try:
        compile_source(Source("any.mgspec", text))
    except SpecError as error:
        str(error)  # can be shown


@QUICK
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    ends(text)
    ends(f"network a\n{text}")


def pieces(text: str) -> list[str]:
    """A text cut into words, brackets, comments and what stands between."""
    cuts = [0, *(at for piece in _PIECE.finditer(text) for at in piece.span()), len(text)]
    return [text[a:b] for a, b in pairwise(cuts) if a < b]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    words = pieces(SPECS[draw(st.sampled_from(sorted(SPECS)))])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(words) - 1))
        other = draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(["delete", "repeat", "swap", "copy"])):
            case "delete":
                words[at : at + 1 + other % 3] = [" "]
            case "repeat":
                words.insert(at, words[at])
            case "swap":
                words[at], words[other] = words[other], words[at]
            case "copy":
                words[at] = words[other]
    return "".join(words)


@QUICK
@given(mutated())
def test_any_mutation_of_a_spec(text: str) -> None:
    ends(text)
