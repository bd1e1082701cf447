"""How soon an idle worker begins a job: from just before it is sent until its first line runs."""

import os
import time

WARM_UP = 20  # jobs that do not count


def rows(bench, systems, number):
    for system in systems:
        for setting in system.settings:
            if setting.late_jobs:
                yield {"system": system.name, "setting": setting.name, **late(bench, system, setting)}


def late(bench, system, setting):
    jobs = setting.late_jobs
    bench.clear()
    with bench.workers(system, setting) as workers:
        settle(bench, system, setting, workers)
        bench.produce(system, setting, "late", "paced", jobs, round(setting.gap * 1e6))
        bench.wait_for(lambda: lines(bench.file) >= jobs, workers, f"{jobs} jobs of {system.name} run")
    with open(bench.file) as file:
        times = sorted(float(line) / 1000 for line in file.readlines()[WARM_UP:])
    return {"jobs": len(times), "p50_ms": percentile(times, 50), "p99_ms": percentile(times, 99)}


def settle(bench, system, setting, workers):
    """Until the worker has begun and is idle: it has run a job, and then some time goes by."""
    bench.produce(system, setting, "noop", "one", 1)
    bench.finish(system, 1, workers)
    time.sleep(bench.scale.seconds(1))


def lines(path):
    if os.path.getsize(path) == 0:
        return 0
    with open(path, "rb") as file:
        return file.read().count(b"\n")


def percentile(ordered, percent):
    """The smallest of the values that so many percent do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
