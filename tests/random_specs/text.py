"""Writes a plan as a spec."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.random_specs.plan import CLASSES, IN_CHANNELS, Conv, Cycle, Plan
from tests.wild_specs import at_rank


def text(plan: Plan) -> str:
    """The spec, with the names that the plan gives to its parts."""
    written = "\n".join(_Writer(plan).lines()) + "\n"
    if not plan.names:
        return written
    pattern = re.compile(r"\b(" + "|".join(plan.names) + r")\b")
    return pattern.sub(lambda match: plan.names[match.group()], written)


class _Writer:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.here = "l,k" if plan.nested else "l"
        self.first, self.last = self._finest("1"), self._finest(str(plan.levels))

    def _finest(self, level: str) -> str:
        """The finest channel level of a resolution level."""
        return f"{level},0" if self.plan.nested else level

    def lines(self) -> Iterator[str]:
        plan = self.plan
        yield f"network drawn(shared = true, act = {plan.activation})"
        yield f"let c = {list(plan.channels)}"
        yield f"input image : {' x '.join(map(str, (IN_CHANNELS, *plan.size)))}"
        yield f"levels l in 1..{plan.levels} : resolution"
        if plan.depths is not None:
            yield f"let depth = {list(plan.depths)}"
            yield "levels k in 0..depth[l] : channel"
        channels = "c[l] / 2^k" if plan.nested else "c[l]"
        yield f"spaces u[{self.here}], f[{self.here}] : {channels} channels"
        yield "operators {"
        yield from (f"    {line}" for line in self._operators())
        yield "}"
        stem = "norm(theta(image))" if plan.forms.get("norm") == "fresh" else "theta(image)"
        data = f"let g = act({stem})  f[{self.first}] = {self._ranked(plan.start)}"
        yield f"start {{ {data}  u[{self.first}] = 0 }}"
        yield from self._loop() if plan.loops else self._cycles()
        yield from (f"output {name} = {self._output(name)}" for name in plan.outputs)

    def _ranked(self, text: str) -> str:
        return at_rank(text, self.plan.rank)

    def _loop(self) -> Iterator[str]:
        """Without its steps, which stand at the top."""
        first, lines = self.first, list(self._cycles())
        at = next(n for n, line in enumerate(lines) if line.startswith("cycle over l"))
        yield from lines[:at]
        yield f"repeat t in 1..{self.plan.loops} {{ u[{first}] = u[{first}] + J[t](f[{first}])"
        yield from lines[at:]
        yield "}"

    # -- operators ---------------------------------------------------------------------------

    def _operators(self) -> Iterator[str]:
        finer, here = self._finest("l-1"), self._finest("l")
        ends = {
            "theta": f"image -> f[{self.first}]",
            "A": f"u[{self.here}] -> f[{self.here}]",
            "B": f"f[{self.here}] -> u[{self.here}]",
            "R": f"f[{finer}] -> f[{here}]",
            "Pi": f"u[{finer}] -> u[{here}]",
            "P": f"u[{here}] -> u[{finer}]",
            "Rc": "f[l,k-1] -> f[l,k]",
            "Pic": "u[l,k-1] -> u[l,k]",
            "Pc": "u[l,k] -> u[l,k-1]",
            "head": f"u[{self.last}] -> {CLASSES}",
            "H": f"u[{self.first}] -> {CLASSES}",
            "D": f"u[{self.first}] -> u[{self.first}]",
            "J": f"f[{self.first}] -> u[{self.first}]",
            "M": f"u[{self.here}], f[{self.here}] -> u[{self.here}]",
        }
        for name, kind in self.plan.kinds.items():
            signature = f"{ends[name]} " if name in ends else ""
            yield f"{name}{self._bracket(name)} : {signature}{self._kind(name, kind)}"

    def _bracket(self, name: str) -> str:
        if name == "J":
            return "[t]"
        form = self.plan.form(name)
        levels = "l" if name in ("R", "Pi", "P") else self.here
        inside = [levels] * form.has_levels + [form.formal] * bool(form.formal)
        return f"[{','.join(inside)}]" if inside else ""

    def _kind(self, name: str, kind: Conv | str) -> str:
        words = [_conv(kind, self.plan.rank) if isinstance(kind, Conv) else self._ranked(kind)]
        if name in ("R", "Pi", "P") and not words[0].startswith("upsample"):
            words.append(f"stride {self.plan.stride}")
            words += ["transposed"] * (name == "P")
        return " ".join(words)

    # -- equations ---------------------------------------------------------------------------

    def _use(self, name: str, levels: str, step: str = "1") -> str:
        form = self.plan.form(name)
        inside = [levels] * form.has_levels + [form.used.format(i=step)] * bool(form.used)
        return f"{name}[{', '.join(inside)}]" if inside else name

    def _norm(self, inner: str, levels: str, step: str = "1") -> str:
        if "norm" not in self.plan.kinds:
            return inner
        return f"{self._use('norm', levels, step)}({inner})"

    def _relax(self) -> str:
        at = self.here
        residual = self._norm(f"f[{at}] - {self._use('A', at, 'i')}(u[{at}])", at, "i")
        correction = self._norm(f"{self._use('B', at, 'i')}(r)", at, "i")
        step = f"act({correction})"
        if self.plan.gate:
            step = f"sigmoid(avgpool(r)) * {step}"
        if "drop" in self.plan.kinds:
            step = f"{self._use('drop', at, 'i')}({step})"
        if "s" in self.plan.kinds:
            s = self._use("s", at, "i")
            step = f"2*{s}/({s}^2 + 1) * {step}"
        beside = (
            f"  u[{at}] = u[{at}] + M[{at}](u[{at}], f[{at}])" if "M" in self.plan.kinds else ""
        )
        return f"let r = act({residual})  u[{at}] = u[{at}] + {step}{beside}"

    def _cycles(self) -> Iterator[str]:
        work = f"{{ {self._relax()} }}"
        if self.plan.named_step:
            yield f"step relax {work}"
            work = "relax"
        numbered = f"i in 1..@ {work}"
        if not self.plan.nested:
            yield from self._cycle("l", self.plan.cycle, numbered)
            return
        yield "step sweep {"
        yield from (f"    {line}" for line in self._cycle("k", self.plan.inner, numbered))
        yield "}"
        yield from self._cycle("l", self.plan.cycle, "@ sweep")

    def _cycle(self, index: str, cycle: Cycle, work: str) -> Iterator[str]:
        """The lines of a cycle; ``work`` has an @ for the number of steps."""

        def steps(number: int) -> str:
            return work.replace("@", str(number))

        yield f"cycle over {index} : {cycle.kind} {{"
        yield f"    smooth {steps(cycle.pre)}"
        yield f"    coarsen {{ {self._coarsen(index)} }}"
        if cycle.solve is not None:
            yield f"    solve {steps(cycle.solve)}"
        if cycle.kind != "backslash":
            yield f"    correct {{ {self._correct(index)} }}"
            yield f"    smooth {steps(cycle.post)}"
        yield "}"

    def _transfers(self, index: str) -> tuple[str, str, str, str, str]:
        """Restriction, projection, prolongation, and the levels that they stand between."""
        if index == "k":
            return "Rc[l,k+1]", "Pic[l,k+1]", "Pc[l,k+1]", "l,k", "l,k+1"
        names = [self._use(name, "l+1") if name in self.plan.kinds else "" for name in _TRANSFERS]
        return names[0], names[1], names[2], self._finest("l"), self._finest("l+1")

    def _coarsen(self, index: str) -> str:
        r, pi, _, here, coarse = self._transfers(index)
        data = f"f[{coarse}] = {r}(act(f[{here}] - {self._use('A', here)}(u[{here}])))"
        if not pi:
            return f"{data}  u[{coarse}] = 0"
        return f"u[{coarse}] = {pi}(u[{here}])  {data} + {self._use('A', coarse)}(u[{coarse}])"

    def _correct(self, index: str) -> str:
        _, pi, p, here, coarse = self._transfers(index)
        error = f"u[{coarse}] - {pi}(u[{here}])" if pi else f"u[{coarse}]"
        return f"u[{here}] = u[{here}] + {self._norm(f'{p}({error})', here)}"

    def _output(self, name: str) -> str:
        return {
            "logits": f"head(avgpool(u[{self.last}]))",
            "map": f"H(u[{self.first}])",
            "fine": self._ranked(f"upsample(u[{self.first}], 2, bilinear)"),
        }[name]


_TRANSFERS = ("R", "Pi", "P")


def _conv(kind: Conv, rank: int) -> str:
    words = [f"conv {'x'.join(map(str, kind.sides(rank)))}"]
    words += [f"pad {kind.boundary}"] * bool(kind.boundary)
    words += [f"dilation {kind.dilation}"] * (kind.dilation > 1)
    words += [f"group_size {kind.grouping}"] * isinstance(kind.grouping, int)
    words += ["depthwise"] * (kind.grouping == "depthwise") + ["bias"] * kind.bias
    words += [f"init {kind.initial}"] * bool(kind.initial)
    return " ".join(words)
