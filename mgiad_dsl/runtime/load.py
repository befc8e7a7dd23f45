"""Executes emitted source, and nothing else, to give the module that trains."""

from __future__ import annotations

import hashlib
import linecache
import sys
from types import ModuleType

from torch import nn

from mgiad_dsl.compiler import Compiled


def load(source: str, name: str = "network") -> nn.Module:
    """The network of an emitted source, freshly initialised from torch's global generator.

    The text is executed as a module of its own (registered in ``sys.modules``, so that the
    network can be copied and pickled in this process), and kept for tracebacks, which show
    its lines.

    Args:
        source: what `mgiad_dsl.emit` wrote.
        name: what the module is called in tracebacks.
    """
    network: nn.Module = load_class(source, name)()
    return network


def load_compiled(compiled: Compiled) -> nn.Module:
    """The network of a compiled spec, which knows what it is.

    Its class has ``count``, ``spec`` and ``picture``, those of the compiled spec, and a notebook
    shows it as its picture and its counts. Where an operator of the spec has such a name, the
    name is the operator's. The emitted source knows nothing of it.

    Args:
        compiled: what `mgiad_dsl.compile_file` gives.
    """
    network = load(compiled.python, compiled.name)
    known = {
        "count": compiled.count,
        "spec": compiled.spec,
        "picture": compiled.picture,
        "_repr_svg_": lambda module: compiled._repr_svg_(),
        "_repr_html_": lambda module: compiled._repr_html_(),
    }
    for name, value in known.items():
        if not hasattr(network, name):  # of the class: copies and pickles do not carry it
            setattr(type(network), name, value)
    return network


def load_class(source: str, name: str = "network") -> type[nn.Module]:
    """The class of the network of an emitted source."""
    digest = hashlib.sha256(f"{name}\n{source}".encode()).hexdigest()[:12]
    module_name = f"mgiad_dsl_emitted_{digest}"
    if module_name not in sys.modules:
        file = f"<{name} {digest}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        module = ModuleType(module_name)
        module.__file__ = file
        exec(compile(source, file, "exec"), module.__dict__)
        sys.modules[module_name] = module
    classes = [
        value
        for value in vars(sys.modules[module_name]).values()
        if isinstance(value, type) and value.__module__ == module_name
    ]
    last: type[nn.Module] = classes[-1]  # the network follows its helpers
    return last
