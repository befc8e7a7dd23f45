"""A fixed budget of mutants in every run; ``python -m tests.fuzz`` tries more."""

import pytest

from tests.fuzz import attempt, mutant

BATCHES, SIZE = 4, 60


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_mutant_gives_a_network_or_an_error_of_its_author(batch: int) -> None:
    for seed in range(batch * SIZE, (batch + 1) * SIZE):
        failure = attempt(mutant(seed))
        assert failure is None, f"seed {seed}: {failure}"


def test_a_mutant_is_the_same_every_time() -> None:
    assert mutant(7) == mutant(7)
    assert len({mutant(seed) for seed in range(100)}) > 90
