"""How fast a backlog of no-op jobs is drained, and what that costs Redis and the worker.

The clock runs from the first completed job that was seen to the last, so start-up does not count.
"""

import os
import sys

from processes import cpu_seconds
from server import per_job

CHECKED = 300  # jobs of the run that shows that every job is run


def rows(bench, systems, number):
    for system in systems:
        for setting in system.settings:
            if number == 0:
                check(bench, system, setting)
            yield {"system": system.name, "setting": setting.name, **drain(bench, system, setting)}


def check(bench, system, setting):
    """Every job really runs, and just once: each appends a dot to a file."""
    jobs = min(CHECKED, setting.jobs // 2)
    bench.clear()
    bench.produce(system, setting, "mark", system.preload, jobs)
    with bench.workers(system, setting) as workers:
        bench.wait_for(lambda: os.path.getsize(bench.file) >= jobs, workers,
                       f"{jobs} jobs of {system.name} run")
        bench.finish(system, jobs, workers)
    dots = os.path.getsize(bench.file)
    if dots != jobs:
        sys.exit(f"bench: {system.name}, {setting.name}: {jobs} jobs ran {dots} times. What it "
                 "measures would be wrong, so nothing is.")


def drain(bench, system, setting):
    bench.clear()
    enqueued = bench.produce(system, setting, "noop", system.preload, setting.jobs)
    row = timed(bench, system, setting, setting.jobs)
    return {**row, "enqueued": setting.jobs / enqueued, "keeps_results": setting.keeps_results,
            "kept": kept(bench, system, setting)}


def timed(bench, system, setting, until, pause=None, via=None):
    """Of a backlog that is there, from the first job done to `until` jobs done.

    `via` is where the worker finds Redis, if not where the benchmark does.
    """
    server = bench.server
    # Seldom enough to take nothing from the system.
    pause = pause or (0.05 if setting.jobs < 1000 else 0.01)
    with (via or bench).workers(system, setting) as workers:
        def wait_for(jobs):
            bench.wait_for(lambda: bench.done(system, setting.jobs) >= jobs, workers,
                           f"{jobs} jobs of {system.name} done", pause)

        wait_for(1)
        before, cpu_before = server.snapshot(), cpu_seconds(workers.roots)
        first = bench.done(system, setting.jobs)
        wait_for(until)
        after, cpu_after = server.snapshot(), cpu_seconds(workers.roots)
        last = bench.done(system, setting.jobs) if until < setting.jobs else until
    jobs = last - first
    if bench.scale.tiny:
        jobs = max(jobs, 1)
    elif jobs < until / 4:
        sys.exit(f"bench: {system.name}, {setting.name}: {first} of {until} jobs were done before "
                 "the first look. Give it more of them (`jobs` of its Setting).")
    return {"jobs": jobs, "rate": jobs / (after.time - before.time), "seconds": after.time - before.time,
            "worker_cpu_us": (cpu_after - cpu_before) * 1e6 / jobs, **per_job(before, after, jobs)}


def kept(bench, system, setting):
    """The share of results that is there afterwards; it is what the setting promises."""
    share = bench.server.ask(system.kept) / setting.jobs if system.kept else 0
    promised = 1 if setting.keeps_results else 0
    # A few keys are of the system itself where all of them are counted.
    if abs(share - promised) > 0.05:
        sys.exit(f"bench: {system.name}, {setting.name}: of {setting.jobs} jobs {share:.0%} are kept, not "
                 f"{promised:.0%}: some have failed, or its definition in bench/ is wrong.")
    return share
