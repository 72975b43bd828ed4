"""A Hub that does not answer is noticed within seconds, and one that does is not taken for absent."""

import socket
import time

import pytest

from genloop.data import hub_network
from genloop.data.hub_network import OFFLINE, is_reachable, look_for_hub


def test_a_server_that_listens_is_reachable_and_a_closed_port_is_not(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_reachable(f"http://127.0.0.1:{port}")
    assert not is_reachable(f"http://127.0.0.1:{port}")


def test_a_name_that_is_looked_up_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr(hub_network, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(hub_network.socket, "create_connection", _look_up_for_long)
    began = time.monotonic()
    assert not is_reachable("https://hub.invalid")
    assert time.monotonic() - began < 4


def _look_up_for_long(*_: object) -> None:
    time.sleep(5)
    raise OSError


@pytest.mark.parametrize(("answers", "said"), [(True, None), (False, "1")])
def test_libraries_are_told_only_of_a_hub_that_does_not_answer(monkeypatch, answers, said):
    environment: dict[str, str] = {}
    monkeypatch.setattr(hub_network.os, "environ", environment)
    monkeypatch.setattr(hub_network, "is_reachable", lambda _: answers)
    look_for_hub()
    assert environment.get(OFFLINE) == said
