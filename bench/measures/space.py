"""Bytes of Redis' memory for each job that waits, and for each that has finished and is kept."""

JOBS = 10000
TASKS = ("noop", "small")
# What is kept does not depend on how a job is run, so the fastest way that keeps it will do.
FASTEST = {"RQ": "worker-pool 2, SimpleWorker", "rqpp": "recycled, 1", "BullMQ": "concurrency 50",
           "bee-queue": "concurrency 50"}


def rows(bench, systems, number):
    if number > 0:
        return  # nothing of it depends on time
    for system in systems:
        setting = next((setting for setting in system.settings
                        if setting.name == FASTEST.get(system.name)), system.default)
        for task in TASKS:
            yield {"system": system.name, "setting": task, **space(bench, system, setting, task)}


def space(bench, system, setting, task):
    # The first time is for what Redis keeps once: scripts, and tables of its own.
    most = bench.scale.jobs(JOBS)
    for jobs in (min(100, most), most):
        bench.clear()
        empty = bench.server.memory()
        bench.produce(system, setting, task, system.preload, jobs)
        queued = bench.server.memory()
        with bench.workers(system, setting) as workers:
            bench.finish(system, jobs, workers)
        finished = bench.server.memory()
    result = {"jobs": most, "queued": (queued - empty) / most}
    if setting.keeps_results:
        result["finished"] = (finished - empty) / most
    return result
