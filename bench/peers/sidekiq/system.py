"""Sidekiq: no results, and a job that a worker had when it was killed is lost."""

from systems import Setting, System, program_version


def define(places):
    folder = f"{places.bench}/peers/sidekiq"

    def worker(threads):
        return ["sidekiq", "--require", f"{folder}/tasks.rb", "--concurrency", str(threads),
                "--queue", "default", "--environment", "production"]

    return System(
        name="Sidekiq", key="sidekiq", version=program_version("sidekiq", "--version"),
        producer=["ruby", f"{folder}/producer.rb"], left=[("LLEN", "queue:default")],
        keeps_results=False, what_is_kept="nothing",
        # Of the jobs that its threads have at the end, one each, the end is not seen.
        settings=[
            Setting("-c 10", worker(10), jobs=10000, default=True),
            Setting("2 processes, -c 5", worker(5), jobs=16000, processes=2, late_jobs=0),
        ])
