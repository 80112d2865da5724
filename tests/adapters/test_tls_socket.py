"""A connection that is reset before the TLS handshake leaves no open socket."""

from __future__ import annotations

import gc
import socket
import ssl
import time
import warnings

import pytest

from mhv_tui.adapters.tls_socket import with_closed_sockets
from tests.faults.proxy import reset_on_close


def reset_connection() -> socket.socket:
    """A connection that the other end has reset already."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        reset_on_close(accepted)
        accepted.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            connection.getpeername()
        except OSError:
            return connection
        time.sleep(0.01)
    raise AssertionError("the connection was not reset")


def test_a_connection_reset_before_the_handshake_is_closed() -> None:
    context = with_closed_sockets(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(ConnectionError):
            context.wrap_socket(reset_connection(), server_hostname="x")
        gc.collect()
    assert not caught
