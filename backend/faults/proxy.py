"""A TCP wire between a client and a server that can be held, cut and half-closed while it runs."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

PIECE = 65_536


class Wire:
    """Listens on a port of its own and carries bytes to `port`; `url` is what the client is given."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        # set: bytes flow; cleared: they wait here
        self.up, self.down = threading.Event(), threading.Event()
        self.up.set()
        self.down.set()
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                client.close()
                continue
            self.pairs.append((client, server))
            for source, target, gate in ((client, server, self.up), (server, client, self.down)):
                threading.Thread(target=self._carry, args=(source, target, gate), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, gate: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                gate.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """Reset every connection: both ends see an error, nobody says good-bye."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def half_close(self) -> None:
        """The client's side ends; the server may still speak, and nobody listens."""
        for _client, server in self.pairs:
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.listener.close()
        self.up.set()
        self.down.set()
        self.cut()
