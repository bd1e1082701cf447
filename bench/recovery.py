#!/usr/bin/env python3
"""How long is a job in nobody's hands when its worker is killed? rqpp measured, RQ computed.

Workers that run a job each are killed (SIGKILL, the parents) all at once, beside one that lives; the
clock of a job runs from the kill until it has failed, which is when Redis knows what became of it.

RQ's defaults take minutes, so its times are not measured but drawn from the rules in its sources,
with the constants of the installed version: a running job is renewed each
DEFAULT_JOB_MONITORING_INTERVAL and counts as abandoned that and a minute later, and the other
workers look for such jobs every DEFAULT_MAINTENANCE_TASK_INTERVAL, or later: an idle one only when
its wait for jobs is over, after DEFAULT_WORKER_TTL less 15 s. `busy` is beside workers that are never
idle, `idle` beside one that always is.

Run by `scripts/bench --recovery` with the Python of an RQ installation.
"""

import argparse
import os
import random
import statistics
import subprocess
import time

import rq
from rq import defaults

from server import Server


def start(arguments, server, name, queue):
    command = [arguments.rqpp, "worker", "--quiet", "--url", server.url, "--name", name]
    return subprocess.Popen([*command, "--path", arguments.modules, queue],
                            stderr=subprocess.DEVNULL)


def await_all(condition, things):
    deadline = time.monotonic() + 60
    while not all(condition(thing) for thing in things):
        if time.monotonic() > deadline:
            raise SystemExit("bench: the workers do not do what is expected of them")
        time.sleep(0.01)


def kill_at_once(arguments, server, round_number):
    """Seconds from the kill to the end of each job."""
    client = server.client
    client.flushall()
    queue = rq.Queue("bench", connection=client)
    jobs = [queue.enqueue("noop.stay") for _ in range(arguments.workers)]
    names = [f"victim-{round_number}-{i}" for i in range(arguments.workers)]
    victims = [start(arguments, server, name, "bench") for name in names]
    heir = start(arguments, server, f"heir-{round_number}", "none")
    await_all(lambda job: job.get_status() == "started", jobs)
    await_all(lambda name: client.sismember("rq:workers", f"rq:worker:{name}"),
              [f"heir-{round_number}"])
    time.sleep(random.uniform(6, 10))  # anywhere between two renewals; the heir has settled in
    begin = time.monotonic()
    for victim in victims:
        victim.kill()
    waiting, times = {job.id for job in jobs}, []
    while waiting:
        failed = {job_id.decode() for job_id in client.zrange("rq:failed:bench", 0, -1)} & waiting
        times += [time.monotonic() - begin] * len(failed)
        waiting -= failed
        if time.monotonic() > begin + 120:
            raise SystemExit(f"bench: {len(waiting)} jobs were lost")
        time.sleep(0.02)
    for victim in victims:
        victim.wait()
    heir.terminate()
    heir.wait()
    return times


def times_of_rq(draws, beside_idle):
    renewal = defaults.DEFAULT_JOB_MONITORING_INTERVAL
    maintenance = defaults.DEFAULT_MAINTENANCE_TASK_INTERVAL
    wait = defaults.DEFAULT_WORKER_TTL - 15
    # An idle worker wakes each `wait` and cleans when `maintenance` has passed since the last time.
    between = -(-maintenance // wait) * wait if beside_idle else maintenance
    times = []
    for _ in range(draws):
        abandoned = renewal + 60 - random.uniform(0, renewal)
        cleaned = random.uniform(0, between)
        while cleaned < abandoned:
            cleaned += between
        times.append(cleaned)
    return times


def tell(who, times):
    print(f"{who:34} median {statistics.median(times):6.1f} s   maximum {max(times):6.1f} s",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rqpp", required=True, help="the rqpp program")
    parser.add_argument("--modules", required=True, help="the folder of noop.so")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=10, help="killed at once in each round")
    arguments = parser.parse_args()
    arguments.rqpp = os.path.abspath(arguments.rqpp)
    arguments.modules = os.path.abspath(arguments.modules)

    times = []
    with Server() as server:
        for number in range(arguments.rounds):
            times += kill_at_once(arguments, server, number)
            tell(f"rqpp, {len(times)} kills", times)
    tell(f"RQ {rq.VERSION}, computed, busy", times_of_rq(100_000, beside_idle=False))
    tell(f"RQ {rq.VERSION}, computed, idle", times_of_rq(100_000, beside_idle=True))


if __name__ == "__main__":
    main()
