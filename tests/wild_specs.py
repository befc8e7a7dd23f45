"""Specs that nobody would write: all that the language allows, in any order.

A level named by their number, values that move from name to name, zeros, numbers and norms in
any place, several cycles, cycles in cycles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

KINDS = ("backslash", "V", "W", "F")
OPERATORS = """
    A[{at}] : u[{at}] -> u[{at}] conv 3x3
    B[{at},i] : u[{at}] -> u[{at}] conv 3x3 group_size 2 bias
    C : u[{at}] -> u[{at}] conv 1x1
    S : image -> u[{first}] conv 1x1
    H[t,{at}] : u[{at}] -> u[{at}] conv 1x1
    Q[i] : u[{at}] -> u[{at}] conv 1x1
    Y : u[{at}] -> u[{at}] conv 3x3 pad {boundary}
    Z : u[{at}] -> u[{at}] stencil [[0,1,0],[2,-4,1],[0,3,0]] / 8 learnable pad 1 {boundary}
    M : u[{at}], u[{at}] -> u[{at}] conv 3x3 group_size 4
    L[{at}] : u[{at}], z[{at}], u[{at}] -> u[{at}] conv 1x1
    X : u[{at}] -> z[{at}] conv 1x1
    K : u[{at}] -> u[{at}] stencil [[0,1,0],[1,-4,1],[0,1,0]] / 8 fixed
    T : u[{at}] -> w conv 1x1
    E[{at}] : w -> u[{at}] conv 1x1
    R[l] : u[{finer}] -> u[{own}] conv 3x3{stride}
    P[l] : u[{own}] -> u[{finer}] conv 3x3{stride}{transposed}
    D : u[l,k] -> u[l,k+1] conv 1x1
    U : u[l,k+1] -> u[l,k] conv 1x1
    n[*] : batchnorm
    m[{at}] : layernorm
    g : groupnorm group_size 2
    h[*] : prelu
    a[{at}] : prelu
    d : dropout 1/4
    e[l] : droppath 1/(4 + l)
    s : scalar 1/2
    q[l] : scalar -1/4
"""
STARTS = ("S(image)", "relu(n(S(image)))", "2 * S(image)")
NUMBERS = ("2", "-1", "1/3", "s", "q[l]", "s^2", "(s - 1/2)", "(q[l] + s)", "2^(-l)", "-s")


def wild(seed: int) -> str:
    """The spec number ``seed``; a few of them are wrong, one in eight has signals, one volumes."""
    text = _Writer(Random(seed)).text()
    return at_rank(text, {3: 1, 7: 3}.get(seed % 8, 2))


def at_rank(text: str, rank: int) -> str:
    """A spec of square images with signals, or with volumes of half their sides, in their place."""
    if rank == 2:
        return text

    def sides(found: re.Match[str]) -> str:
        points = int(found[1]) // (1 if rank == 1 else 2)
        return " x ".join([str(points)] * rank)

    def rows(found: re.Match[str]) -> str:
        plane = found[0]
        return f"[{plane.split('],[')[1]}]" if rank == 1 else f"[{plane},{plane},{plane}]"

    text = re.sub(r"(?<= x )(\d+) x \1\b", sides, text)
    text = re.sub(r"\b(\d)x\1\b", lambda found: "x".join([found[1]] * rank), text)
    text = re.sub(r"\[\[.*?\]\]", rows, text)
    return text.replace("bilinear", "linear" if rank == 1 else "trilinear")


class _Writer:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.first = random.choice((-1, 0, 1, 1))
        self.last = self.first + random.choice((0, 1, 1, 2))
        self.nested = random.random() < 0.3
        self.strided = random.random() < 0.5
        self.lets = 0
        self.looped = False

    def text(self) -> str:
        random, nested, first = self.random, self.nested, self._finest(str(self.first))
        at = "l,k" if nested else "l"
        operators = OPERATORS.format(
            at=at,
            first=first,
            boundary=random.choice(("circular", "replicate", "reflect")),
            finer=self._finest("l-1"),
            own=self._finest("l"),
            stride=" stride 2" * self.strided,
            transposed=" transposed" * self.strided,
        )
        left_out = () if nested else ("    D :", "    U :")
        lines = [
            "network wild(flag = true)",
            "input image : 4 x 12 x 12",
            f"levels l in {self.first}..{self.last} : resolution",
            *[f"levels k in 0..{random.choice((1, 2))} : channel"] * nested,
            f"spaces u[{at}] = v[{at}] = o[{at}] : 4 channels",
            "spaces w : 4 channels",
            f"spaces z[{at}] : 1 channels",
            "operators {",
            *(line for line in operators.splitlines() if line and not line.startswith(left_out)),
            "}",
            f"start {{ u[{first}] = {random.choice(STARTS)}"
            f"  v[{first}] = {random.choice(('0', 'S(image)', f'u[{first}]'))}"
            f"  o[{first}] = {random.choice(('0', f'v[{first}]'))}  w = T(u[{first}]) }}",
        ]
        self.step = random.random() < 0.5
        if self.step:
            lines.append(f"step relax {{ {self._smooth()} }}")
        for _ in range(random.choice((1, 1, 2))):
            lines += self._loop(first) if random.random() < 0.25 else self._cycle("l")
        outputs = random.sample(("u", "v", "o", "w"), random.choice((1, 2, 3)))
        ends = {self._finest(str(random.randint(self.first, self.last))) for _ in range(2)}
        for number, (name, end) in enumerate((n, e) for n in outputs for e in sorted(ends)):
            lines.append(f"output y{number} = {'w' if name == 'w' else f'{name}[{end}]'}")
        return "\n".join(lines) + "\n"

    def _finest(self, level: str) -> str:
        return f"{level},0" if self.nested else level

    # -- loops and cycles ------------------------------------------------------------------------

    def _loop(self, first: str) -> list[str]:
        """A cycle several times, between equations on the finest level."""
        self.looped = True
        numbers = self.random.choice(("1..2", "0..1", "2..4"))
        before, behind = (
            re.sub(r"\bl\b", f"({self.first})", self._statements(first, f"u[{first}]"))
            for _ in range(2)
        )
        lines = [f"repeat t in {numbers} {{ {before}", *self._cycle("l"), f"{behind} }}"]
        self.looped = False
        return lines

    def _cycle(self, index: str) -> list[str]:
        random = self.random
        kind = random.choice(KINDS)
        solve = [f"solve {self._work(index)}"] * (random.random() < 0.3)
        after = [f"correct {{ {self._correct(index)} }}", f"smooth {self._work(index)}"]
        return [
            f"cycle over {index} : {kind} {{",
            f"    smooth {self._work(index)}",
            f"    coarsen {{ {self._coarsen(index)} }}",
            *(f"    {line}" for line in (*solve, *after * (kind != "backslash"))),
            "}",
        ]

    def _work(self, index: str) -> str:
        if index == "l" and self.step and self.random.random() < 0.7:
            return f"{self.random.choice((0, 1, 2))} relax"
        work = f"{{ {self._smooth() if index == 'l' else self._statements('l,k', 'u[l,k]')} }}"
        times = self.random.choice(("", "1", "2", "3", "i in 1..2", "i in 0..1"))
        if times.startswith("i"):
            number = "i" if index == "l" else "j"
            times = times.replace("i ", f"{number} ")
            work = work.replace(",1](", f",{number}](")
        return f"{times} {work}"

    def _smooth(self) -> str:
        here = self._finest("l")
        inner = "\n".join(self._cycle("k")) if self.nested and self.random.random() < 0.7 else ""
        return f"{self._statements(here, f'u[{here}]')}\n{inner}"

    def _coarsen(self, index: str) -> str:
        here, coarse = self._ends(index)
        restricted = "R[l+1]" if index == "l" else "D"
        parts = [f"u[{coarse}] = {restricted}({self._expression(self._values(here), 1, here)})"]
        for name in ("v", "o"):
            value = self.random.choice(("0", "0", f"u[{coarse}]", f"{restricted}({name}[{here}])"))
            parts.append(f"{name}[{coarse}] = {value}")
        return "  ".join(parts)

    def _correct(self, index: str) -> str:
        here, coarse = self._ends(index)
        prolonged = "P[l+1]" if index == "l" else "U"
        error = self.random.choice((f"u[{coarse}]", f"u[{coarse}] - v[{coarse}]", f"o[{coarse}]"))
        name = self.random.choice("uvo")
        return f"{name}[{here}] = {self._joined(name + f'[{here}]', f'{prolonged}({error})')}"

    def _ends(self, index: str) -> tuple[str, str]:
        return ("l,k", "l,k+1") if index == "k" else (self._finest("l"), self._finest("l+1"))

    # -- equations -----------------------------------------------------------------------------

    def _values(self, at: str) -> list[str]:
        """What can be read at a level; of another one only where all have one size."""
        here = [f"{name}[{at}]" for name in "uvo"]
        first = self._finest(str(self.first))
        return here if self.strided else [*here, f"E[{at}](w)", f"E[{at}](T(u[{first}]))"]

    def _statements(self, at: str, least: str) -> str:
        values, made = self._values(at), []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            what = self.random.random()
            if what < 0.3:
                self.lets += 1
                name = f"x{self.lets}"
                made.append(f"let {name} = {self._expression(values, 2, at)}")
                values.append(name)
            elif what < 0.4 and not self.strided:
                made.append(f"w = w + T({self._expression(values, 1, at)})")
            elif what < 0.5:
                made.append(f"{self.random.choice(values[:3])} = {self.random.choice(values)}")
            elif what < 0.55:
                made.append(f"{self.random.choice(values[1:3])} = 0")
            elif what < 0.6:
                self.lets += 1
                value = self._expression([*values[:3], f"Q[r{self.lets}]({values[0]})"], 1, at)
                made.append(f"repeat r{self.lets} in 1..2 {{ {values[0]} = {value} }}")
            else:
                target = self.random.choice(values[:3])
                made.append(f"{target} = {self._joined(target, self._expression(values, 2, at))}")
        return "  ".join([*made, f"{least} = {self._joined(least, f'A[{at}]({values[-1]})')}"])

    def _joined(self, one: str, other: str) -> str:
        return self.random.choice((f"{one} + {other}", f"{one} - {other}", f"{other} + {one}"))

    def _expression(self, values: Sequence[str], depth: int, at: str) -> str:
        random = self.random
        value = random.choice(values)
        if depth == 0:
            return value
        one = self._expression(values, depth - 1, at)
        forms = (
            *(f"A[{at}]({one})", f"B[{at},1]({one})", f"B[{at},2]({one})", f"C({one})"),
            *(f"Q[l]({one})", f"Q[{self.first}]({one})", f"Q[2 * l]({one}) + Q[1]({value})"),
            *(f"K({one})", f"n({one})", f"m[{at}]({one})", f"g({one})", f"relu({one})"),
            *(f"h({one})", f"a[{at}]({one})", f"d({one})", f"e[l]({one})"),
            *(f"leaky_relu({one}, 1/4)", f"tanh({one})", f"-({one})", f"({one}) / 3"),
            *(f"tanh({one}) * {value}", f"tanh(X({one})) * {value}", f"{value} * avgpool({one})"),
            *(f"Y({one})", f"Z({one})", *(f"H[t,{at}]({one})", f"H[t,{at}]({one})") * self.looped),
            *(f"M({one}, {value})", f"L[{at}]({value}, X({one}), {one})"),
            f"{random.choice(NUMBERS)} * ({one})",
            *(f"({one} + {value})", f"({one} - {value})", f"{value} - ({one})"),
            *(f"(flag ? {one} : {value})", f"(l > 1 ? {one} : n({value}))"),
            *(f"({one} - A[{at}]({value}))", f"avgpool({one}, 3x3 stride 1)"),
        )
        return random.choice(forms)
