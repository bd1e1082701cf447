"""RQ itself: the same wire, and the measure of memory in Redis."""

import os
import sys

import rq as stock

from systems import Setting, System


def command(*words):
    """RQ's command line, of the Python that runs this."""
    return [os.path.join(os.path.dirname(sys.executable), "rq"), *words]


def define(places):
    end = ["--quiet", "--url", "{url}", "--path", places.bench, "bench"]
    simple = ["--worker-class", "rq.worker.SimpleWorker"]
    return System(
        name="RQ", key="rq", version=stock.VERSION,
        producer=[sys.executable, f"{places.bench}/peers/rq/producer.py"],
        left=[("LLEN", "rq:queue:bench")], done=[("ZCARD", "rq:finished:bench")],
        kept=[("ZCARD", "rq:finished:bench")],
        what_is_kept="the job's hash and its result's stream, for 500 s",
        settings=[
            Setting("Worker", command("worker", *end), jobs=150, default=True, forks=True,
                    gap=0.05, late_jobs=200),
            Setting("SimpleWorker", command("worker", *simple, *end), jobs=500),
            Setting("worker-pool 2", command("worker-pool", "-n", "2", *end), jobs=250, forks=True,
                    late_jobs=0),
            Setting("worker-pool 2, SimpleWorker", command("worker-pool", "-n", "2", *simple, *end),
                    jobs=900, late_jobs=0),
        ])
