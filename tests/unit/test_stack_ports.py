"""Where the components of the local stack listen."""

import socket
from collections.abc import Iterator
from dataclasses import astuple, replace

import pytest

from infra.local.stack.errors import PortTakenError, StackError
from infra.local.stack.ports import Ports, free_ports, ports_from_environment, require_free


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_an_offset_moves_every_port() -> None:
    moved = ports_from_environment({"STACK_PORT_OFFSET": "100"})

    assert astuple(moved) == tuple(port + 100 for port in astuple(Ports()))


def test_one_port_can_be_named_beside_an_offset() -> None:
    moved = ports_from_environment({"STACK_PORT_OFFSET": "100", "STACK_HOST_PORT": "8080"})

    assert (moved.host, moved.smtp) == (8080, 2625)


@pytest.mark.parametrize("value", ["many", "70000", "-9000"])
def test_what_is_no_port_is_refused(value: str) -> None:
    with pytest.raises(StackError, match=value.lstrip("-")):
        ports_from_environment({"STACK_HOST_PORT": value})


def test_a_taken_port_is_named_with_what_can_be_done(listening: int) -> None:
    ports = replace(free_ports(), smtp=listening)

    with pytest.raises(PortTakenError, match=rf"Port {listening} .*mailbox.*STACK_SMTP_PORT"):
        require_free(ports)


def test_free_ports_are_free_and_differ() -> None:
    ports = free_ports()

    require_free(ports)
    assert len(set(astuple(ports))) == len(astuple(ports))
