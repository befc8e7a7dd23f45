"""`verify` finds every tree that does not say what its network computes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.tree import Equation, Start
from tests.graph.broken import NAMES, Breach, assert_found, change, equations, good


def start(network: Network) -> Equation:
    """The first equation that computes something."""
    return next(equation for equation in network.equations() if equation.slots)


def other(network: Network, old: Equation, new: Equation | None) -> None:
    """Put an equation in the place of another, or leave it out."""
    equations(network, lambda each: new if each is old else each)


def value(network: Network, equation: Equation) -> Operation:
    return network.operations[equation.value or ""]


def in_spaces(network: Network) -> list[Equation]:
    """The equations that compute a value of a space, which is no input."""
    return [
        equation
        for equation in network.equations()
        if equation.indices is not None and equation.value in equation.slots
    ]


# -- equations ---------------------------------------------------------------------------------


def an_equation_without_its_value(network: Network) -> str:
    equation = start(network)
    other(network, equation, replace(equation, value="nothing"))
    return f"{equation.label} has the value nothing, which is no operation"


def an_equation_of_no_operation(network: Network) -> str:
    equation = start(network)
    other(network, equation, replace(equation, slots=("nothing", *equation.slots)))
    return f"{equation.label} has the value nothing, which is no operation"


def a_value_that_is_computed_later(network: Network) -> str:
    equation, last = start(network), list(network.operations)[-1]
    other(network, equation, replace(equation, value=last))
    return f"{equation.label} comes before its value {last}"


def an_operation_without_an_equation(network: Network) -> str:
    given = next(iter(network.operations.values()))
    extra = replace(given, name="extra", op=ops.Negate(), inputs=(given.name,))
    network.operations["extra"] = extra
    return "extra belongs to no equation"


def an_equation_is_lost(network: Network) -> str:
    """With all that are other names of its value."""
    equation = start(network)
    equations(network, lambda each: None if each.value == equation.value else each)
    return f"{equation.slots[0]} belongs to no equation"


def an_equation_twice(network: Network) -> str:
    begin = next(stage for stage in network.tree if isinstance(stage, Start))
    network.tree = (begin, *network.tree)
    return f"{next(network.equations()).label} is in the tree twice"


def a_tree_in_another_order(network: Network) -> str:
    """The first start goes behind what else there is."""
    begin = next(stage for stage in network.tree if isinstance(stage, Start))
    rest = tuple(stage for stage in network.tree if stage is not begin)
    network.tree = (*rest, begin)
    equation = start(Network("start", "start", tree=(begin,)))
    return f"{equation.label} runs {equation.slots[0]} out of order"


def no_tree(network: Network) -> str:
    made = list(network.operations)[len(network.inputs)]
    network.tree = ()
    return f"{made} belongs to no equation"


# -- spaces ------------------------------------------------------------------------------------


def a_value_of_another_shape(network: Network) -> str:
    space = in_spaces(network)[0]
    shape = value(network, space).shape
    wrong = next(node for node in network.operations.values() if node.shape != shape)
    again = replace(space, value=wrong.name, slots=())
    network.tree = (*network.tree, Start(("start",), (again,)))
    return f"{space.label} is {shape}, and has a value of {wrong.shape}"


def a_value_of_another_level(network: Network) -> str:
    space = in_spaces(network)[0]
    place = replace(value(network, space).place, indices=(99,), label="u[99]")
    change(network, value(network, space).name, place=place)
    return f"{space.label} has a value of u[99]"


def a_value_of_another_space(network: Network) -> str:
    first, *rest = in_spaces(network)
    again = next(each for each in rest if each.target == first.target)
    place = replace(value(network, again).place, identity="other", label="other[1]")
    change(network, value(network, again).name, place=place)
    return f"{again.label} has a value of other[1]"


# -- inputs and outputs ------------------------------------------------------------------------


def an_input_is_no_operation(network: Network) -> str:
    name = next(iter(network.inputs))
    network.inputs[name] = "nothing"
    return f"the input {name} is nothing, which is no operation"


def an_input_is_computed(network: Network) -> str:
    name, value = next(iter(network.inputs)), list(network.operations)[1]
    network.inputs[name] = value
    return f"the input {name} is {value}, which is no input"


def an_input_of_another_name(network: Network) -> str:
    name, value = network.inputs.popitem()
    network.inputs["other"] = value
    del name
    return f"the input other is {value}, which is no input"


def an_input_is_lost(network: Network) -> str:
    _, value = network.inputs.popitem()
    return f"{value} is no input of the network"


def no_outputs(network: Network) -> str:
    network.outputs.clear()
    return "the network has no output"


def an_output_is_lost(network: Network) -> str:
    name, value = network.outputs.popitem()
    network.outputs["other"] = value
    return f"the output {name} is lost"


def an_output_without_an_equation(network: Network) -> str:
    network.outputs["other"] = next(iter(network.outputs.values()))
    return "no equation gives the output other"


def an_output_is_no_operation(network: Network) -> str:
    name = next(iter(network.outputs))
    network.outputs[name] = "nothing"
    return f"the output {name} is nothing, which is no operation"


def an_output_is_not_its_equation(network: Network) -> str:
    name, value = next(iter(network.outputs.items()))
    network.outputs[name] = list(network.operations)[1]
    return f"the output {name} is {network.outputs[name]}, its equation {value}"


def an_output_lost_its_value(network: Network) -> str:
    name, value = next(iter(network.outputs.items()))
    (end,) = (e for e in network.equations() if e.target == name and e.indices is None)
    other(network, end, replace(end, value=None))
    return f"the output {name} is {value}, its equation None"


BREACHES: list[Breach] = [
    an_equation_without_its_value, an_equation_of_no_operation, a_value_that_is_computed_later,
    an_operation_without_an_equation, an_equation_is_lost, an_equation_twice,
    a_tree_in_another_order, no_tree,
    a_value_of_another_shape, a_value_of_another_level, a_value_of_another_space,
    an_input_is_no_operation, an_input_is_computed, an_input_of_another_name, an_input_is_lost,
    no_outputs, an_output_is_lost, an_output_without_an_equation, an_output_is_no_operation,
    an_output_is_not_its_equation, an_output_lost_its_value,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_of_the_tree(breach: Breach, name: str) -> None:
    assert_found(breach, good(name))
