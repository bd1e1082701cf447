"""asynq, for Go: it looks for jobs once a second when it is idle."""

import os

from systems import Setting, System, go_version


def define(places):
    program = places.peer("asynq") + "/bench-asynq"
    return System(
        name="asynq", key="asynq", version=go_version(program, "github.com/hibiken/asynq"),
        producer=[program], bulk=False, preload="one",
        left=[("LLEN", "asynq:{default}:pending"), ("LLEN", "asynq:{default}:active")],
        keeps_results=False, what_is_kept="nothing",
        settings=[
            Setting(f"concurrency {os.cpu_count()}", [program, "worker", str(os.cpu_count())],
                    jobs=8000, default=True, late_jobs=200),
            Setting("concurrency 10", [program, "worker", "10"], jobs=10000, late_jobs=0),
        ])
