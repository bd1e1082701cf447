"""Celery, with Redis as broker and for results."""

import os

from systems import Setting, System, python_version


def define(places):
    python = places.peer("celery") + "/venv/bin/python"
    worker = [python, "-m", "celery", "--app", "tasks", "worker", "--loglevel", "ERROR"]
    plain = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return System(
        name="Celery", key="celery", version=python_version(python, "celery", "kombu"),
        producer=[python, f"{places.bench}/peers/celery/producer.py"],
        environment={"PYTHONPATH": f"{places.bench}/peers/celery", "C_FORCE_ROOT": "1",
                     "PYTHONWARNINGS": "ignore"},
        left=[("LLEN", "celery"), ("HLEN", "unacked")],
        # Of its keys the results are all but a few, which queues and bindings take.
        kept=[("DBSIZE",)], what_is_kept="the result, for a day",
        bulk=False, settings=[
            Setting(f"prefork {os.cpu_count()}", [*worker, "--pool", "prefork"], jobs=1500,
                    default=True),
            Setting("solo, no gossip", [*worker, "--pool", "solo", *plain], jobs=1500),
        ])
