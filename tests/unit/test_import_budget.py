"""What the app's start must not load. How long it takes is measured by `make bench`."""

import importlib.util

import pytest

from tests.bench.start_up import LATER, is_later, loaded_early


def test_importing_the_app_loads_nothing_that_a_first_request_can_load() -> None:
    assert loaded_early() == []


@pytest.mark.parametrize("name", LATER)
def test_what_is_to_be_loaded_later_is_there_under_that_name(name: str) -> None:
    assert importlib.util.find_spec(name) is not None


def test_a_part_of_a_package_counts_as_the_package() -> None:
    assert is_later("pydantic.main")
    assert not is_later("pydantic_but_another")
