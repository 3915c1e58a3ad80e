"""What the tests of the services begin with."""

import pytest

from tests.support.world import World


@pytest.fixture
def world() -> World:
    """One organization with a verified mailbox, and nothing under way."""
    world = World()
    world.basic()
    world.work()
    world.delivery_queue.take_due()
    return world
