"""rqpp as a system under test."""

from systems import Setting, System, program_version

RECYCLED = ("--jobs-per-horse", "1000000")


def define(places):
    def worker(*words):
        return [f"{places.build}/rqpp", "worker", "--quiet", "--url", "{url}", "--path",
                f"{places.build}/lib", *words, "bench"]

    def forks(count):
        return Setting(f"fork per job, {count}", worker("--horses", str(count)),
                       jobs=6000 if count > 1 else 3000, default=count == 1, forks=True,
                       at_once=count, late_jobs=400 if count == 1 else 0)

    def recycled(count, kept):
        more = {} if kept else {"environment": {"BENCH_RESULT_TTL": "0"}, "keeps_results": False}
        return Setting(f"recycled, {count}" + ("" if kept else ", result_ttl 0"),
                       worker("--horses", str(count), *RECYCLED), jobs=40000 if kept else 60000,
                       late_jobs=400 if kept and count == 1 else 0, **more)

    def embedded(count):
        return Setting(f"in the program, {count}",
                       [f"{places.build}/embedding", "{url}", f"{places.build}/lib", str(count), "bench"],
                       jobs=40000, late_jobs=400 if count == 1 else 0)

    return System(
        name="rqpp", key="rqpp", version=program_version(f"{places.build}/rqpp", "--version"),
        producer=[f"{places.build}/producer"],
        left=[("LLEN", "rq:queue:bench"), ("ZCARD", "rq:wip:bench")],
        kept=[("ZCARD", "rq:finished:bench")],
        what_is_kept="the job's hash and its result's stream, for 500 s",
        settings=[*map(forks, (1, 2, 4)), recycled(1, True), recycled(2, True),
                  recycled(1, False), recycled(2, False), embedded(1), embedded(2)])
