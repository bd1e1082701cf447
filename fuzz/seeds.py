#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with: what RQ wrote, taken from tests/golden.

    fuzz/seeds.py OUT     # OUT/pickle/..., OUT/json/..., one folder per target
"""

import base64
import hashlib
import json
import pathlib
import struct
import sys

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "rq-vectors"


def golden(path):
    return json.loads((GOLDEN / path).read_text())


def raw(dumped):
    """The bytes of {"text": ...}, {"hex": ...} or {"b64": ...}."""
    if "text" in dumped:
        return dumped["text"].encode()
    return bytes.fromhex(dumped["hex"]) if "hex" in dumped else base64.b64decode(dumped["b64"])


def resp(value):
    """A reply of Redis with these strings, or lists of them."""
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(map(resp, value))
    return b"$%d\r\n%s\r\n" % (len(value), value)


def pickles():
    dumped = golden("head/pickle.json")
    for entry in dumped["values"]:
        for one in entry["pickles"].values():
            yield raw(one)


def keys(kind, file="head/jobs.json"):
    for case in golden(file)["cases"]:
        for key in case["keys"]:
            if key["type"] == kind:
                yield case, key


def calls():
    for _, key in keys("hash"):
        if "data" in key["fields"]:
            yield raw(key["fields"]["data"])


def plain_calls(serializer):
    for case in golden("head/jobs.json")["cases"]:
        if case.get("serializer") == serializer:
            yield from map(raw, case.get("data_plain", {}).values())


JOB = ("data status origin description meta timeout result_ttl failure_ttl ttl created_at enqueued_at "
       "started_at ended_at last_heartbeat worker_name exc_info").split()


def records():
    for file in ("head/jobs.json", "v1.13.0/jobs.json", "head/results.json"):
        for _, key in keys("hash", file):
            fields = key["fields"]
            yield resp([raw(fields[name]) if name in fields else b"" for name in JOB])
    for _, key in keys("stream", "head/results.json"):
        for entry in key.get("entries", []):
            flat = [part for k, v in entry["fields"].items() for part in (k.encode(), raw(v))]
            yield resp([entry["id"].encode(), flat])


def replies():
    yield b"\x07+OK\r\n-ERR no\r\n:-12\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n"
    for record in records():
        yield b"\x05" + record


def text(value):
    return struct.pack("<I", len(value)) + value


def frames():
    yield b"\x01" + b"".join(map(text, [b"j", b"e", b"q", b"w", b"d", b"data", b""])) + b"\x01" + bytes(8)
    usage = struct.pack("<qqqq", 1000, 2000, 3000, 4096)
    no_wish = struct.pack("<qIB", 0, 0, 0)
    yield b"\x10\x00" + text(b"\x80\x04K\x01.") + text(b"") + text(b"") + no_wish + usage
    yield b"\x10\x01" + text(b"") + text(b"Traceback") + text(b"Error: no") + no_wish + usage
    # A task that asks for another run, and one that snoozes.
    yield b"\x10\x03" + text(b"") + text(b"") + text(b"busy") + struct.pack("<qIqqB", 3, 2, 10, 60, 1) + usage
    yield b"\x10\x04" + text(b"") + text(b"") + text(b"wait") + struct.pack("<qIqB", 0, 1, 30, 0) + usage
    yield b"\x11" + text(b"j") + text(b"\x80\x04}.")
    yield b"\x13" + text(b"fib")
    yield b"\x20" + struct.pack("<ii", 1, 2)
    yield b"\x21" + struct.pack("<ii", 1, 9)
    yield b"\x22" + text(b"pkg.fib")
    yield b"\x30" + struct.pack("<ii", 1, 4711)
    yield b"\x23" + struct.pack("<ii", 2, 1)
    yield b"\x31" + struct.pack("<ii", 1, 9) + text(b"SIGSEGV") + usage
    yield b"\x32" + struct.pack("<i", 1) + text(b"no memory")


def last_words():
    # A crash with two frames; the sizes of note, maps and report.
    yield struct.pack("<iiixxxxQQIIIIIxxxx", 11, 1, 0, 16, 1 << 46, 2, 0, 4, 60, 0) + struct.pack("<QQ", 4112, 8192)
    yield b"1000-2000 r-xp 00000000 fe:01 12   /opt/fib.so\n2000-3000 r--p 00001000 fe:01 12   /opt/fib.so\n"


def texts():
    yield from (b"2026-01-02T03:04:05.678901Z", b"2026-01-02 03:04:05+01:30", b"1767323045.5", b"-1",
                b"9223372036854775807", b"1e308", b"aGVsbG8=",
                b"wall_us=1234 user_us=1000 system_us=20 peak_bytes=10485760", b"10 60 1795415460 example.com")


def urls():
    yield from (b"redis://user:p%40ss@host:6380/2", b"rediss://[::1]:6379?ssl_cert_reqs=none",
                b"unix:///run/redis.sock?db=3&username=u&password=p",
                b"redis://h?socket_timeout=1.5&client_name=me", b"private:")


def commands():
    yield from (b'{"command": "shutdown"}', b'{"command": "kill-horse"}', b'{"command": "stop-job", "job_id": "j"}',
                b'{"command": "stop-execution", "job_id": "j", "execution_id": "e"}', b'{"command": "dance"}')


def pipelines():
    # Two commands, a transaction of two, a script that Redis has forgotten, and all together.
    multi = b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n$-1\r\n"
    yield b"\x02\x12\x20\x71" + b":1\r\n+PONG\r\n" + multi + b"-NOSCRIPT x\r\n" + b":1\r\n:1\r\n" + multi + b":1\r\n"
    yield b"\x12\x00\x00\x00+OK\r\n-ERR x\r\n+QUEUED\r\n-EXECABORT\r\n"


def visits():
    yield (b"# Server\r\nredis_version:7.0.15\r\nused_memory:100\r\nused_cpu_user:1.5\r\nused_cpu_sys:1\r\n"
           b"cmdstat_keys:calls=9,usec=900000,usec_per_call=1,rejected_calls=0,failed_calls=1\r\n"
           b"errorstat_ERR:count=3\r\nlatency_percentiles_usec_get:p50=1,p99=2,p99.9=3\r\n"
           b"db0:keys=5,expires=1,avg_ttl=0\r\nrole:master\r\n")
    yield b"id=7 addr=10.0.0.7:50312 name=web-3 age=60 idle=0 omem=4096 cmd=client|list user=default\n"
    yield b'1339518083.107412 [0 127.0.0.1:60866] "evalsha" "1a2b" "1" "rq:job:a\\x00\\n\\""'
    yield b"*1\r\n*6\r\n:1\r\n:990\r\n:20000\r\n*2\r\n$4\r\nkeys\r\n$1\r\n*\r\n$3\r\n1:1\r\n$3\r\nweb\r\n"
    yield (b'{"after": {"at_seconds": 1, "cpu_seconds": 0.9, "by_command": {"exists": {"calls": 90000, "usec": 9}}},'
           b' "keys": {"looked_at": 1, "in_database": 500, "groups": [{"pattern": "session:*", "keys": 9,'
           b' "without_expiry": 9}]}, "rq": {"queues": [{"name": "q", "length_after": 9, "stuck": ["j"]}],'
           b' "leaks": [{"kind": "ghost", "key": "rq:job:j"}]}}')


def recordings():
    opening = (b'{"recording": 1, "started": 1795000000, "url": "redis://h:6379/0",'
               b' "server": {"version": "7.0.15", "role": "master"}}\n')
    moments = [b'{"moment": {"at_seconds": %d, "cpu_seconds": %d, "commands": %d, "bytes_in": 5, "memory": 9, "by_command":'
               b' {"keys": {"calls": %d, "usec": %d}}}, "calls": {"info": %d}, "bytes_out": 1, "bytes_in": 2}\n'
               % (i, i, 10 * i, 10 * i, 500000 * i, 10 * i) for i in range(3)]
    yield opening + b"".join(moments)
    yield opening + moments[0] + moments[2] + b'{"facts": {"cost": {"commands": 5}}}\n' + moments[1][:40]


SEEDS = {
    "pickle": lambda: [*pickles(), *plain_calls("pickle")],
    "json": lambda: [*plain_calls("json"), b'{"a": [1, -2.5e3, null, true, NaN, "\\ud83d\\ude00"]}'],
    "call": lambda: [*calls(), *plain_calls("pickle"), *plain_calls("json")],
    "record": records,
    "reply": replies,
    "frame": frames,
    "last_words": last_words,
    "text": texts,
    "url": urls,
    "command": commands,
    "pipeline": pipelines,
    "doctor": visits,
    "recording": recordings,
}


def main():
    out = pathlib.Path(sys.argv[1])
    for subject, seeds in SEEDS.items():
        folder = out / subject
        folder.mkdir(parents=True, exist_ok=True)
        for seed in seeds():
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main()
