"""The whole file: docstring, functions, and one module class."""

from __future__ import annotations

from mgiad_dsl.emit.body import Writer
from mgiad_dsl.emit.functions import Functions
from mgiad_dsl.emit.layout import INDENT, Call, lines
from mgiad_dsl.emit.names import attribute, distinct, full, label_of, safe
from mgiad_dsl.emit.operators import HELPERS, definitions, helpers
from mgiad_dsl.emit.regions import Flow, regions
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import NetGraph

_PICK = '''
def pick(family, *keys):
    """The operators of a family with these keys, in order."""
    return [family[key] for key in keys]
'''

_RESET = '''
    def reset_parameters(self):
        """Kaiming (fan-out, relu) for convolutions; norms start at one and zero."""
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
'''


def emit(graph: NetGraph, about: tuple[str, ...]) -> str:
    """The Python source of a network: readable, deterministic, needing only torch.

    Args:
        graph: the network.
        about: the lines of the file's docstring.
    """
    root = regions(graph)
    functions = Functions(Flow(graph), root, {class_name(graph), *HELPERS})
    used: set[str] = set()
    names = distinct({label: full(label) for label in map(label_of, graph.statements)}, used)
    forward = Writer(functions, names, _operators(graph), used, 2)
    arguments = [
        forward.bind((node.op.name, None), node.name)
        for node in graph.nodes.values()
        if isinstance(node.op, ops.Input)
    ]
    forward.write(root)
    _give_outputs(graph, forward)
    parts = [
        '"""' + "\n".join(about) + ('"""\n' if len(about) == 1 else '\n"""\n'),
        "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n",
        helpers(graph),
    ]
    calls = "\n".join([*forward.lines, *(line for f in functions.all.values() for line in f.body)])
    if "=pick(" in calls:
        parts.append(_PICK)
    parts += [f"\n{function.text()}\n" for function in functions.all.values()]
    if functions.leaves:
        parts.append("\n# The steps that repeat: what torch.compile should compile once each.")
        regions_ = ", ".join(functions.leaves) + ("," if len(functions.leaves) == 1 else "")
        parts.append("\n".join(lines(Call("REGIONS = ", (regions_,)), 0)) + "\n")
    parts.append(_class(graph, arguments, forward.lines))
    return "\n".join(part for part in parts if part)


def class_name(graph: NetGraph) -> str:
    """``MgnetHexu`` for ``mgnet_hexu:imagenet``"""
    words = graph.name.partition(":")[0].split("_")
    name = safe("".join(word[:1].upper() + word[1:] for word in words if word) or "Network")
    return f"{name}Network" if name in HELPERS else name


def _class(graph: NetGraph, arguments: list[str], forward: list[str]) -> str:
    return "\n".join(
        [
            f"\nclass {class_name(graph)}(nn.Module):",
            f'{INDENT}"""{_shapes(graph)}"""\n',
            f"{INDENT}def __init__(self):",
            f"{INDENT * 2}super().__init__()",
            *definitions(graph),
            f"{INDENT * 2}self.reset_parameters()",
            _RESET,
            f"{INDENT}def forward({', '.join(['self', *arguments])}):",
            *forward,
            "",
        ]
    )


def _shapes(graph: NetGraph) -> str:
    """``image (N, 3, 32, 32) to logits (N, 10).``"""
    given = [
        f"{node.op.name} (N, {', '.join(map(str, node.shape))})"
        for node in graph.nodes.values()
        if isinstance(node.op, ops.Input)
    ]
    made = [
        f"{name} (N, {', '.join(map(str, graph.nodes[node].shape))})"
        for name, node in graph.outputs.items()
    ]
    return f"{', '.join(given)} to {', '.join(made)}."


def _operators(graph: NetGraph) -> dict[str, str]:
    """How the forward pass writes each operator: ``self.A["2"]``."""
    return {
        name: f"self.{attribute(group.family)}" + (f'["{group.key}"]' if group.key else "")
        for name, group in graph.groups.items()
    }


def _give_outputs(graph: NetGraph, forward: Writer) -> None:
    """One value, or a dict of several by the names of the outputs."""
    values = {name: forward.variable(node) or "" for name, node in graph.outputs.items()}
    pairs = ", ".join(f'"{name}": {value}' for name, value in values.items())
    forward.give(list(values.values()) if len(values) == 1 else [f"{{{pairs}}}"])
