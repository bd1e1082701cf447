"""As much of Redis' protocol as it takes to ask a server how it is."""

import socket


class Redis:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def __call__(self, *words):
        parts = [f"*{len(words)}\r\n"] + [f"${len(word)}\r\n{word}\r\n" for word in words]
        self.socket.sendall("".join(parts).encode())
        return self.answer()

    def answer(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode(errors="replace"))
        if kind != b"$":
            return rest.decode()
        size = int(rest)
        return None if size < 0 else self.file.read(size + 2)[:-2].decode()

    def info(self, section):
        """{name: text} of one section of INFO."""
        return dict(line.split(":", 1) for line in self("INFO", section).split("\r\n") if ":" in line)
