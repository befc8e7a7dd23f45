"""Problems that are drawn, solved and kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data import generated
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.problems import Problem

NAMES = [
    "poisson:7,n=4",
    "poisson:8,periodic,n=4",
    "poisson:15,1d,n=4",
    "darcy:7,n=4",
    "darcy:7,lognormal,n=4",
    "darcy:8,periodic,lognormal,n=4",
    "darcy:5,3d,n=4",
]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of its own for each test."""
    monkeypatch.setattr("mgiad_dsl.train.data.cache.cache_file", lambda name: str(tmp_path / name))
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_solutions_solve_and_parts_differ(name) -> None:
    data = open_data(name)
    assert data.name == name
    assert (len(data.train.targets), len(data.test.targets)) == (4, 1)
    for inputs, u in (data.train, data.test):
        named = dict(zip(data.inputs, inputs, strict=True))
        left = named["rhs"] - data.problem.equation.apply(u, named.get("coefficient"))
        assert left.norm() < 1e-4 * named["rhs"].norm()
        assert u.shape[1:] == (1, *data.problem.shape)
    solutions = torch.cat([data.train.targets, data.test.targets]).flatten(1)
    assert len(torch.unique(solutions, dim=0)) == 5


def test_sides_of_poisson_are_smooth_and_rough_in_turn() -> None:
    _, sides = Problem("none", 31).draw(4, seed=0)
    np.testing.assert_allclose((sides**2).mean(axis=(1, 2)), 1)
    jumps = [np.abs(np.diff(side, axis=0)).mean() for side in sides]
    assert max(jumps[0], jumps[2]) < 0.3 < 0.9 < min(jumps[1], jumps[3])


def test_coefficients_of_darcy() -> None:
    piecewise, sides = Problem("piecewise", 64).draw(20, seed=0)
    assert set(np.unique(piecewise)) == {3.0, 12.0}
    assert 0.3 < (piecewise == 12).mean() < 0.7
    np.testing.assert_allclose(sides, 100 / 65**2)
    logarithms = np.log(Problem("lognormal", 64).draw(50, seed=0)[0])
    assert abs(logarithms.mean()) < 0.1
    assert logarithms.std() == pytest.approx(1, rel=0.15)
    _, periodic = Problem("lognormal", 16, periodic=True).draw(3, seed=0)
    assert np.abs(periodic.mean(axis=(1, 2))).max() < 1e-12


def test_finer_grids_have_the_points_of_the_coarser() -> None:
    for problem in (Problem("none", 7), Problem("none", 8, periodic=True)):
        spacing = problem.equation.spacing(problem.points)
        finer = problem.finer()
        assert finer.equation.spacing(finer.points) == pytest.approx(spacing / 2)


def test_what_is_kept_comes_back_and_damage_is_made_again(cache, monkeypatch) -> None:
    first = open_data("darcy:7,n=3")
    (file,) = cache.iterdir()
    assert file.name == "darcy-7-n=3-n3-v1.safetensors"
    whole = file.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(generated, "both", lambda *_: pytest.fail("made again"))
        second = open_data("darcy:7,n=3")
    for a, b in zip(
        (*first.train.inputs, first.train.targets),
        (*second.train.inputs, second.train.targets),
        strict=True,
    ):
        assert torch.equal(a, b)
    changed = bytearray(whole)
    changed[-5] ^= 1  # one bit of a number
    for damaged in (bytes(changed), whole[:-100], b"", b"nonsense"):
        file.write_bytes(damaged)
        again = open_data("darcy:7,n=3")
        assert torch.equal(again.train.targets, first.train.targets)
        assert file.read_bytes() == whole
    assert list(cache.iterdir()) == [file]


def test_without_a_cache_nothing_is_kept(cache, monkeypatch) -> None:
    monkeypatch.setattr("mgiad_dsl.train.data.cache.cache_file", lambda name: None)
    assert len(open_data("poisson:7,n=2").train.targets) == 2
    monkeypatch.setattr(
        "mgiad_dsl.train.data.cache.cache_file", lambda name: str(cache / "nowhere" / name)
    )
    assert len(open_data("poisson:7,n=2").train.targets) == 2
    assert not list(cache.iterdir())


WRONG = {
    "poisson": "does not say how many points",
    "poisson:": "does not say how many points",
    "poisson:x": "does not say how many points",
    "poisson:1": "does not say how many points",
    "poisson:-7": "does not say how many points",
    "poisson:7,lognormal": "there is no 'lognormal'",
    "darcy:7,n=0": "there is no 'n=0'",
    "darcy:7,4d": "there is no '4d'",
    "darcy:2000": "too large for the direct solver",
    "darcy:128,3d": "too large for the direct solver",
}


@pytest.mark.parametrize(("name", "message"), WRONG.items())
def test_names_that_are_wrong(name, message, cache) -> None:
    with pytest.raises(SpecError, match=message) as error:
        open_data(name)
    assert error.value.hint
    assert not list(cache.iterdir())


def test_large_grids_have_fewer_samples() -> None:
    counts = {
        name: generated.described(name)[1] for name in ("poisson:31", "darcy:64", "poisson:255")
    }
    assert counts == {"poisson:31": 1000, "darcy:64": 1000, "poisson:255": 62}
