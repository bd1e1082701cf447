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


def drain(bench, system, setting, task="noop"):
    jobs, server = setting.jobs, bench.server
    bench.clear()
    enqueued = bench.produce(system, setting, task, system.preload, jobs)
    pause = 0.05 if jobs < 1000 else 0.01  # seldom enough to take nothing from the system
    with bench.workers(system, setting) as workers:
        bench.wait_for(lambda: bench.done(system, jobs) > 0, workers,
                       f"a job of {system.name} done", pause)
        first, before, cpu_before = bench.done(system, jobs), server.snapshot(), cpu_seconds(workers.roots)
        bench.wait_for(lambda: bench.done(system, jobs) >= jobs, workers,
                       f"{jobs} jobs of {system.name} done", pause)
        after, cpu_after = server.snapshot(), cpu_seconds(workers.roots)
    timed = jobs - first
    if timed < jobs / 4:
        sys.exit(f"bench: {system.name}, {setting.name}: {first} of {jobs} jobs were done before "
                 "the first look. Give it more of them (`jobs` of its Setting).")
    return {"jobs": timed, "rate": timed / (after.time - before.time),
            "worker_cpu_us": (cpu_after - cpu_before) * 1e6 / timed,
            "enqueued": jobs / enqueued, "kept": kept(bench, system, setting, jobs),
            "keeps_results": setting.keeps_results, **per_job(before, after, timed)}


def kept(bench, system, setting, jobs):
    """The share of results that is there afterwards; it is what the setting promises."""
    share = bench.server.ask(system.kept) / jobs if system.kept else 0
    promised = 1 if setting.keeps_results else 0
    # A few keys are of the system itself where all of them are counted.
    if abs(share - promised) > 0.05:
        sys.exit(f"bench: {system.name}, {setting.name}: of {jobs} jobs {share:.0%} are kept, not "
                 f"{promised:.0%}: some have failed, or its definition in bench/ is wrong.")
    return share
