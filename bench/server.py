"""A private redis-server for a benchmark, and what it counts."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

import redis

Snapshot = namedtuple("Snapshot", "time cpu commands reads bytes_in bytes_out")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A private redis-server without persistence, on a port of 127.0.0.1 as most are."""

    def __enter__(self):
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            sys.exit("bench: neither redis-server nor valkey-server is on PATH. Install one: scripts/setup run")
        self.folder = tempfile.mkdtemp(prefix="rqpp-bench-")
        self.port = free_port()
        arguments = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        arguments += ["--dir", self.folder]
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port)
        self.asked = self.requests = 0
        deadline = time.monotonic() + 10
        while True:
            try:
                self.client.ping()
                return self
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def version(self):
        info = self.client.info("server")
        return f"{info.get('server_name', 'redis')} {info['redis_version']}"

    def ask(self, commands):
        """The sum of the numbers that these commands return; the next snapshots leave them out."""
        self.asked += len(commands)
        self.requests += 1
        pipeline = self.client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return sum(int(number or 0) for number in pipeline.execute())

    def snapshot(self):
        """CPU seconds, commands, reads and bytes since the server began, without the benchmark's.

        Commands are those that Redis executed, the ones within scripts and transactions included.
        Reads are how often it found something that a client had sent: round trips, if a client
        sends all that it has to say at once.
        """
        self.requests += 3  # the questions below
        cpu, stats = self.client.info("cpu"), self.client.info("stats")
        commands = sum(row["calls"] for name, row in self.client.info("commandstats").items()
                       if name not in ("cmdstat_info", "cmdstat_config|resetstat"))
        return Snapshot(time.perf_counter(), cpu["used_cpu_user"] + cpu["used_cpu_sys"],
                        commands - self.asked, stats["total_reads_processed"] - self.requests,
                        stats["total_net_input_bytes"], stats["total_net_output_bytes"])

    def memory(self):
        """Bytes in use, once the clients that have left are forgotten."""
        while len(self.client.client_list()) > 1:
            time.sleep(0.02)
        return self.client.info("memory")["used_memory"]


def per_job(before, after, jobs):
    """What Redis spent between two snapshots, for each job."""
    return {"redis_cpu_us": (after.cpu - before.cpu) * 1e6 / jobs,
            "commands": (after.commands - before.commands) / jobs,
            "reads": (after.reads - before.reads) / jobs,
            "bytes_in": (after.bytes_in - before.bytes_in) / jobs,
            "bytes_out": (after.bytes_out - before.bytes_out) / jobs}
