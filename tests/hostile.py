"""A spec with a place for every sort of name, and names that are hostile to Python or torch."""

from __future__ import annotations

import re
from collections.abc import Mapping

# `<name>` is a name that tests replace.
SPEC = """network <net>(<width> = 4, <kind> = V)
let <c>[<l>] = <width> * 2
input <image> : 2 x 8 x 8
levels <l> in 1..2 : resolution
levels <k> in 0..2 : channel
spaces <u>[<l>,<k>], <f>[<l>,<k>] : <c>[<l>] / 2^<k> channels
operators {
    <theta> : <image> -> <f>[1,0] conv 3x3 bias
    <A>[<l>,<k>] : <u>[<l>,<k>] -> <f>[<l>,<k>] conv 3x3
    <R>[<l>] : <f>[<l>-1,0] -> <f>[<l>,0] conv 3x3 stride 2
    <Rc>[<l>,<k>] : <f>[<l>,<k>-1] -> <f>[<l>,<k>] conv 1x1
    <Pc>[<l>,<k>] : <u>[<l>,<k>] -> <u>[<l>,<k>-1] conv 1x1
    <T> : <f>[<l>,<k>] -> <u>[<l>,<k>] stencil [[0,1,0],[1,4,1],[0,1,0]] / 8 learnable
    <norm>[*] : batchnorm
    <layer>[<l>] : layernorm
    <s>[<l>,<b>] : scalar 1/2
    <dead> : <u>[1,0] -> <u>[1,0] conv 1x1
    <W> : <u>[2,0] -> 3 linear
}
start {
    let <g> = tanh(<norm>(<theta>(<image>)))
    <f>[1,0] = <g> + <g>   <u>[1,0] = 0
}
step <relax> {
    let <r> = <f>[<l>,<k>] - <A>[<l>,<k>](<u>[<l>,<k>])
    <u>[<l>,<k>] = <u>[<l>,<k>] + <s>[<l>,1] * relu(<norm>(<T>(<r>))) + <T>(<r>)
}
step <sweep> {
    cycle over <k> : <kind> {
        smooth <i> in 1..2 <relax>
        coarsen {
            <f>[<l>,<k>+1] = <Rc>[<l>,<k>+1](<f>[<l>,<k>] - <A>[<l>,<k>](<u>[<l>,<k>]))
            <u>[<l>,<k>+1] = 0
        }
        correct { <u>[<l>,<k>] = <u>[<l>,<k>] + <Pc>[<l>,<k>+1](<u>[<l>,<k>+1]) }
    }
}
cycle over <l> : backslash {
    smooth <sweep>
    coarsen {
        <f>[<l>+1,0] = <R>[<l>+1](<f>[<l>,0])
        <u>[<l>+1,0] = 0
    }
}
output <logits> = <W>(avgpool(<u>[2,0]))
output <map> = <layer>[1](upsample(maxpool(<u>[1,0], 2x2), 2))
variant <wide> { <width> = 8 }
"""
PLACES = tuple(dict.fromkeys(re.findall(r"<(\w+)>", SPEC)))

KEYWORDS = ["lambda", "True", "None", "class", "import", "match", "case", "type", "_", "__", "del"]
DUNDERS = ["__debug__", "__class__", "__name__", "__builtins__", "__init__", "__dict__", "__doc__"]
DUNDERS += ["__call__", "__annotations__", "__slots__", "__import__", "__file__", "__module__"]
DUNDERS += ["__a", "__a__", "_1", "_u", "_buffers", "_modules", "_parameters", "_call_impl"]
BUILTINS = ["isinstance", "range", "zip", "super", "list", "int", "float", "tuple", "dict", "str"]
BUILTINS += ["bool", "property", "object", "print", "open", "map", "id", "eval", "Exception"]
TORCH = ["self", "torch", "nn", "F", "Tensor", "Callable", "annotations", "forward", "training"]
TORCH += ["parameters", "modules", "state_dict", "train", "weight", "half", "to"]
TORCH += [
    "reset_parameters",
    "named_parameters",
    "register_buffer",
    "T_destination",
    "requires_grad_",
]
EMITTED = ["Stencil2d", "ChannelNorm", "lists", "make", "count", "REGIONS", "rows", "t", "t1"]
EMITTED += ["each", "family", "key", "module", "u1_0", "u_coarse", "f_coarse", "A_coarse", "norm2"]
EMITTED += ["v_cycle_k2", "smooth_l", "Net", "part", "geometry", "u_", "A_u", "keys"]
EMITTED += ["DropPath"]
EMITTED += ["values", "items", "pop", "clear", "update", "append"]
NAMES = KEYWORDS + DUNDERS + BUILTINS + TORCH + EMITTED


def spec(names: Mapping[str, str] | None = None) -> str:
    """The spec with names in some of its places, and plain ones in the others."""
    chosen = dict(names or {})
    return re.sub(r"<(\w+)>", lambda match: chosen.get(match[1], match[1]), SPEC)


def rotation(number: int) -> dict[str, str]:
    """A hostile name for every place; over all rotations every name stands in every place."""
    return {place: NAMES[(number + at) % len(NAMES)] for at, place in enumerate(PLACES)}
