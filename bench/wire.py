"""A wire to Redis that counts round trips and bytes."""

import selectors
import socket
import threading
import time
from collections import namedtuple

# What a connection begins with, and what the benchmarks themselves ask.
NOT_COUNTED = {"hello", "auth", "select", "ping", "quit", "command", "client|setname",
               "client|setinfo", "client|no-evict", "info", "config|resetstat", "object|encoding"}
HOLD = 0.005  # seconds

Cost = namedtuple("Cost", "commands round_trips bytes")


def counted(client, wire, act, *words):
    """What `act` costs Redis, of which `client` asks it directly and everybody else by the wire."""
    client.config_resetstat()
    wire.reset()
    act(*words)
    commands = sum(row["calls"] for name, row in client.info("commandstats").items()
                   if name.removeprefix("cmdstat_") not in NOT_COUNTED)
    return Cost(commands, wire.round_trips, wire.bytes)


def commands_in(data):
    """The names of the commands that these bytes are, or None while the last one is not whole."""
    names, at = [], 0

    def number():
        nonlocal at
        end = data.index(b"\r\n", at)
        value, at = int(data[at + 1:end]), end + 2
        return value

    try:
        while at < len(data):
            words = []
            for _ in range(number()):
                size = number()
                words.append(bytes(data[at:at + min(size, 16)]).decode("latin-1").lower())
                at += size + 2
            names.append("|".join(words[:2]) if words[0] in ("client", "config") else words[0])
    except ValueError:
        return None
    return names if at == len(data) else None


class Wire(threading.Thread):
    """Stands between clients and Redis, on a port of its own.

    What a client sends is held until it has been silent for a moment. All that it sends before it
    waits for an answer is thus one round trip, whatever its length.
    """

    def __init__(self, port, seen=None):
        """`seen` is called with the bytes of each round trip."""
        super().__init__(daemon=True)
        self.seen = seen
        self.server = ("127.0.0.1", port)
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.held = {}  # client: [bytes, when to pass them on]
        self.unseen = set()  # servers whose next answer is not counted
        self.reset()
        self.start()

    def reset(self):
        self.round_trips = self.bytes = 0

    def run(self):
        while True:
            wait = None
            if self.held:
                wait = max(0, min(due for _, due in self.held.values()) - time.monotonic())
            for key, _ in self.selector.select(wait):
                if key.fileobj is self.listener:
                    self.accept()
                else:
                    self.read(key.fileobj, *key.data)
            now = time.monotonic()
            for client in [client for client, (_, due) in self.held.items() if due <= now]:
                self.pass_on(client)

    def accept(self):
        client, _ = self.listener.accept()
        try:
            server = socket.create_connection(self.server)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(client, selectors.EVENT_READ, (server, True))
        self.selector.register(server, selectors.EVENT_READ, (client, False))

    def read(self, end, peer, from_client):
        try:
            data = end.recv(1 << 20)
        except OSError:
            data = b""
        if from_client:
            if data:
                held = self.held.setdefault(end, [bytearray(), 0])
                held[0] += data
                held[1] = time.monotonic() + HOLD
                return
            if end in self.held:
                self.pass_on(end)
        elif data:
            if end not in self.unseen:
                self.bytes += len(data)
            self.send(peer, data)
            return
        for gone in (end, peer):
            self.held.pop(gone, None)
            self.unseen.discard(gone)
            try:
                self.selector.unregister(gone)
            except (KeyError, ValueError):
                pass  # its other end went first
            gone.close()

    def pass_on(self, client):
        data, _ = self.held[client]
        names = commands_in(data)
        if names is None:
            self.held[client][1] = time.monotonic() + HOLD
            return
        del self.held[client]
        server, _ = self.selector.get_key(client).data
        if NOT_COUNTED.issuperset(names):
            self.unseen.add(server)
        else:
            self.unseen.discard(server)
            self.round_trips += 1
            self.bytes += len(data)
            if self.seen:
                self.seen(bytes(data))
        self.send(server, data)

    @staticmethod
    def send(end, data):
        try:
            end.sendall(data)
        except OSError:
            pass  # it is gone, and whoever reads from it will see so
