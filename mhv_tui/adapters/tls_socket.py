"""TLS sockets that are closed if the other end resets the connection before the handshake."""

from __future__ import annotations

import ssl


class _ClosedSocket(ssl.SSLSocket):
    """For `wrap_socket` of Python 3.11, which leaves a socket open if reading from a lost connection fails."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except ConnectionError:
            self.close()
            raise


def with_closed_sockets(context: ssl.SSLContext) -> ssl.SSLContext:
    """Makes the context close a socket that it cannot wrap; returns the context."""
    context.sslsocket_class = _ClosedSocket
    return context
