"""How many jobs a second one producer enqueues: one by one, and a thousand at a time."""

import sys

from server import per_job

# One by one, and at once; a second or so of each.
COUNTS = {"RQ": (1500, 10000), "Celery": (1500, 0), "Sidekiq": (6000, 60000), "asynq": (5000, 0),
          "BullMQ": (4000, 20000), "bee-queue": (6000, 40000), "rqpp": (10000, 100000)}


def rows(bench, systems, number):
    for system in systems:
        one, bulk = map(bench.scale.jobs, COUNTS[system.name])
        yield enqueue(bench, system, "one", one)
        if system.bulk:
            yield enqueue(bench, system, "bulk", bulk)
        if system.key == "rqpp":
            yield enqueue(bench, system, "stream", bulk)


def enqueue(bench, system, mode, count):
    bench.clear()
    before = bench.server.snapshot()
    seconds = bench.produce(system, system.default, "noop", mode, count)
    after = bench.server.snapshot()
    queued = bench.server.ask(system.left)
    if queued != count:
        sys.exit(f"bench: {system.name}, {mode}: of {count} jobs {queued} are in the queue. What it "
                 "measures would be wrong, so nothing is.")
    cost = per_job(before, after, count)
    return {"system": system.name, "setting": mode, "jobs": count, "rate": count / seconds, **cost}
