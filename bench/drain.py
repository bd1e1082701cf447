#!/usr/bin/env python3
"""How many jobs a second does one worker drain? rqpp beside stock RQ, in turn, on the same Redis.

Both run the same jobs (`noop.noop`, enqueued by RQ) in the same way: a process of its own for each
job, one at a time. The clock runs from the first finished job to the last, so start-up does not
count. Machines are noisy: what counts is the ratio of each pair of runs, and its median.

Run by `make bench` with the Python of an RQ installation.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import redis
import rq

HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A private redis-server without persistence, on a port of 127.0.0.1 as most are."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="rqpp-bench-")
        self.port = free_port()
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            sys.exit("bench: neither redis-server nor valkey-server is on PATH")
        arguments = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        arguments += ["--dir", self.folder]
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.client.ping()
                return self
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"


def rq_worker(server):
    program = os.path.join(os.path.dirname(sys.executable), "rq")
    return [program, "worker", "--burst", "--quiet", "--url", server.url, "--path", HERE, "bench"]


def rqpp_worker(server, arguments):
    command = [arguments.rqpp, "worker", "--burst", "--quiet", "--url", server.url]
    command += ["--path", arguments.modules, "--horses", str(arguments.horses)]
    return [*command, "--jobs-per-horse", str(arguments.jobs_per_horse), "bench"]


def drain(server, command, jobs):
    """Jobs per second, and the commands and round trips of each job as Redis counted them."""
    client = server.client
    client.flushall()
    queue = rq.Queue("bench", connection=client)
    queue.enqueue_many([rq.Queue.prepare_data("noop.noop") for _ in range(jobs)])
    client.config_resetstat()
    worker = subprocess.Popen(command, cwd=HERE)
    polls, first, done = 0, None, 0
    while done < jobs:
        if worker.poll() is not None and client.zcard("rq:finished:bench") < jobs:
            failed = client.zcard("rq:failed:bench")
            sys.exit(f"bench: {command[0]} ended early: {done} of {jobs} done, {failed} failed")
        done, polls = client.zcard("rq:finished:bench"), polls + 1
        if done and first is None:
            first = (done, time.perf_counter())
        time.sleep(0.02)  # seldom enough to take nothing from the two
    end = time.perf_counter()
    worker.wait()
    commands = sum(row["calls"] for row in client.info("commandstats").values()) - polls
    return (jobs - first[0]) / (end - first[1]), commands / jobs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rqpp", required=True, help="the rqpp program")
    parser.add_argument("--modules", required=True, help="the folder of noop.so")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rq-jobs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=5000, help="for rqpp, which is done sooner")
    parser.add_argument("--horses", type=int, default=1)
    parser.add_argument("--jobs-per-horse", type=int, default=1)
    arguments = parser.parse_args()
    # The workers run in another folder.
    arguments.rqpp = os.path.abspath(arguments.rqpp)
    arguments.modules = os.path.abspath(arguments.modules)

    rows = []
    with Server() as server:
        for number in range(arguments.rounds):
            theirs, their_cost = drain(server, rq_worker(server), arguments.rq_jobs)
            ours, our_cost = drain(server, rqpp_worker(server, arguments), arguments.jobs)
            rows.append((theirs, ours, ours / theirs, their_cost, our_cost))
            print(f"round {number + 1}: RQ {theirs:7.1f} jobs/s, {their_cost:5.1f} commands/job"
                  f"   rqpp {ours:8.1f} jobs/s, {our_cost:5.1f} commands/job"
                  f"   ratio {ours / theirs:5.1f}", flush=True)
    theirs, ours, ratios, *_ = map(list, zip(*rows))
    print(f"median: RQ {rq.VERSION} {statistics.median(theirs):.1f} jobs/s, rqpp "
          f"{statistics.median(ours):.1f} jobs/s, ratio {statistics.median(ratios):.1f} "
          f"(from {min(ratios):.1f} to {max(ratios):.1f})")


if __name__ == "__main__":
    main()
