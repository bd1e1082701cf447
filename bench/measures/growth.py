"""What changes with size: rqpp alone, with a longer backlog, more horses, queues, idle workers, larger
payloads and a slower network.

A row's system is what grows, its setting how large it is, `x` the same as a number.
"""

import contextlib
import subprocess
import time
from dataclasses import replace
from statistics import median
from types import SimpleNamespace

from measures.drain import timed
from measures.limits import run
from server import per_job

BACKLOGS = (1_000, 10_000, 100_000, 1_000_000)
DEEP = (5_000_000,)
HORSES = (1, 2, 4, 8, 16, 32, 64)
QUEUES = (1, 10, 100)
IDLE = (0, 1, 10, 50, 200)
# Bytes, and of how many jobs.
PAYLOADS = ((100, 30_000), (1_000, 30_000), (10_000, 10_000), (100_000, 2_000), (1_000_000, 300))
ROUND_TRIPS = (0, 500, 1000, 2000)  # added, in microseconds
TIMED = 40_000  # jobs of a backlog that is longer
REST = 20  # seconds


def rows(bench, systems, number, deep=False):
    for system in systems:
        if system.key == "rqpp":
            yield from backlog(bench, system, BACKLOGS + (DEEP if deep else ()))
            yield from horses(bench, system)
            yield from queues(bench, system)
            yield from idle_workers(bench, system)
            yield from payload(bench, system)
            yield from network(bench, system)


def row(what, x, numbers, name=None):
    return {"system": what, "setting": name or f"{x:,}", "x": x, **numbers}


def recycled(system, **changes):
    setting = next(setting for setting in system.settings if setting.name == "recycled, 1")
    return replace(setting, **changes)


def fill(bench, system, setting, task="noop"):
    bench.clear()
    bench.produce(system, setting, task, system.preload, setting.jobs)


def backlog(bench, system, sizes):
    for jobs in map(bench.scale.jobs, bench.scale.sizes(sizes)):
        # Not to the last job: what the end of the queue costs once would weigh more in a short one.
        setting, until = recycled(system, jobs=jobs), min(jobs * 9 // 10, TIMED)
        if jobs <= TIMED:
            ours, bare = [], []
            for _ in range(max(3, bench.scale.jobs(20_000) // jobs)):
                fill(bench, system, setting)
                ours.append(timed(bench, system, setting, until, pause=0.002))
                fill(bench, system, setting)
                bare.append(take(bench, until))
            found = {key: median(each[key] for each in ours) for key in ours[0]}
        else:
            # Filled again, so that both begin with all of it.
            fill(bench, system, setting)
            bare = [take(bench, until)]
            fill(bench, system, setting)
            found = timed(bench, system, setting, until)
        yield row("backlog", jobs, {**found, "bare_rate": median(bare)})


def take(bench, jobs):
    return run(bench, "take", "rq:queue:bench", str(jobs))["take"]


def horses(bench, system):
    for mode in ("fork per job", "recycled"):
        original = next(setting for setting in system.settings if setting.name == f"{mode}, 1")
        for count in bench.scale.sizes(HORSES):
            setting = original.with_horses(count)
            fill(bench, system, setting)
            yield row(f"horses, {mode}", count, timed(bench, system, setting, setting.jobs))


def queues(bench, system):
    for count in bench.scale.sizes(QUEUES):
        names = ["bench", *(f"bench{i}" for i in range(1, count))]
        counting = replace(system, left=[], done=[("ZCARD", f"rq:finished:{name}") for name in names])
        original = recycled(system)
        setting = replace(original, environment={"BENCH_QUEUES": str(count)},
                          command=[*original.command[:-1], *names])
        fill(bench, counting, setting)
        yield row("queues", count, timed(bench, counting, setting, setting.jobs, pause=0.03))


def idle_workers(bench, system):
    """Beside a busy worker, on another queue: on the same one they would not be idle."""
    for count in bench.scale.sizes(IDLE):
        setting = recycled(system)
        idle = replace(setting, command=[*setting.command[:-1], "idle"])
        fill(bench, system, setting)
        with contextlib.ExitStack() as stack:
            resting = {"commands": 0, "reads": 0}
            if count:
                workers = stack.enter_context(bench.workers(system, idle, "idle", count))
                bench.wait_for(lambda: bench.server.client.scard("rq:workers") == count, workers,
                               f"{count} idle workers there")
                time.sleep(bench.scale.seconds(15))  # what comes only once after a start is over
                resting = at_rest(bench)
                yield row("workers at rest", count,
                          {"commands_per_worker": resting["commands"] / count})
            found = timed(bench, system, setting, setting.jobs)
        # What the idle ones take meanwhile is told in their own row.
        for key, per_s in resting.items():
            found[key] -= per_s * found["seconds"] / found["jobs"]
        yield row("idle workers", count, found)


def at_rest(bench):
    """Commands and reads a second."""
    before = bench.server.snapshot()
    time.sleep(bench.scale.seconds(REST))
    after = bench.server.snapshot()
    cost = per_job(before, after, after.time - before.time)
    return {key: cost[key] for key in ("commands", "reads")}


def payload(bench, system):
    for size, jobs in bench.scale.sizes(PAYLOADS):
        jobs = bench.scale.jobs(jobs)
        setting = recycled(system, jobs=jobs, environment={"BENCH_PAYLOAD": str(size)})
        fill(bench, system, setting, "take")
        yield row("bytes of payload", size, timed(bench, system, setting, jobs, pause=0.01))


@contextlib.contextmanager
def slow_network(bench, microseconds):
    """Where Redis is as far away as that, for who connects there."""
    program = f"{bench.places.build}/delay"
    with subprocess.Popen([program, str(bench.server.port), str(microseconds)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        yield SimpleNamespace(port=port, url=f"redis://127.0.0.1:{port}/0")
        process.stdin.close()


def network(bench, system):
    for mode, jobs in (("fork per job, 1", 2000), ("recycled, 1", 20_000)):
        original = next(setting for setting in system.settings if setting.name == mode)
        jobs = bench.scale.jobs(jobs)
        for added in bench.scale.sizes(ROUND_TRIPS):
            setting = replace(original, jobs=jobs)
            fill(bench, system, setting)
            with slow_network(bench, added) as far:
                slow = bench.on(far)
                ping = run(slow, "ping")["ping"]
                found = timed(bench, system, setting, jobs, via=slow)
            yield row(f"network, {mode}", added, {**found, "round_trip_us": 1e6 / ping},
                      f"{added} µs added")
