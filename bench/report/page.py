"""docs/benchmarks.md and its plots."""

import os

from report import svg
from report.numbers import by_round, middle, pairs, show, with_spread
from report.text import goals_table

# For each measure its title, what stands in its columns, and what to know about it.
TABLES = {
    "drain": ("Drain", [("jobs/s", "rate"), ("Redis CPU µs/job", "redis_cpu_us"),
                        ("worker CPU µs/job", "worker_cpu_us"), ("commands/job", "commands"), ("reads/job", "reads"),
                        ("bytes to Redis/job", "bytes_in"), ("bytes from Redis/job", "bytes_out")],
              "No-op jobs that were enqueued before the worker began, timed from the first completed job that was "
              "seen to the last. Commands are those that Redis executed, the ones within scripts and transactions "
              "included; reads are how often it found something that a client had sent, which are the round trips of "
              "a client that sends at once what it has to say. A separate run of each showed that every job runs, "
              "once. The number behind `fork per job` and `recycled` is `--horses`; `recycled` is `--jobs-per-horse 1000000`; `in the program` is an EmbeddedWorker with so many threads."),
    "enqueue": ("Enqueue", [("jobs/s", "rate"), ("Redis CPU µs/job", "redis_cpu_us"),
                            ("commands/job", "commands"), ("bytes to Redis/job", "bytes_in")],
                "One producer: one job after the other, or a thousand per call. Celery and asynq have no call for "
                "many jobs. `stream` is one after the other through a producer that buffers."),
    "latency": ("Start latency of an idle worker", [("p50 ms", "p50_ms"), ("p99 ms", "p99_ms")],
                "From just before a job is sent until its first line runs, one job each 10 ms, with RQ's Worker "
                "each 50 ms, since it takes longer than 10."),
    "space": ("Memory in Redis", [("bytes per queued job", "queued"), ("per kept finished job", "finished")],
              "`used_memory` with 10,000 jobs less that without; `small` takes and returns one small number."),
    "rest": ("A worker at rest",
             [("PSS MB", "pss"), ("processes", "processes"), ("private MB per horse", "private_per_horse"),
              ("commands/s", "commands_per_s"), ("Redis CPU µs/s", "redis_cpu_us_per_s"),
              ("worker CPU ms/s", "worker_cpu_ms_per_s")],
             "The memory of all its processes, pages that they share counted once. A horse's share is the difference "
             "between 9 and 1. Redis alone takes 1 to 2 ms of CPU a second, which is in its column."),
    "limits": ("Limits", [("per s", "rate")],
               "What the machine and Redis allow: fork, send a result, exit, wait, with so many at once; a message "
               "to another process and back; PING; the very bytes with which rqpp enqueues a job."),
    "growth": ("Growth", [("jobs/s", "rate"), ("commands/job", "commands"), ("reads/job", "reads"),
                          ("Redis CPU µs/job", "redis_cpu_us"), ("bare take-and-delete/s", "bare_rate"),
                          ("commands/s per worker at rest", "commands_per_worker"), ("round trip µs", "round_trip_us")],
               "rqpp alone, with recycled horses where nothing else is said. The bare take-and-delete pops the same "
               "ids and reads and deletes the same hashes by batches of 32, without doing anything else. The slow network "
               "is a proxy; what it takes itself is the difference between the round trip with 0 added and a PING "
               "without it (see Limits)."),
}
MEGABYTES = ("pss", "private_per_horse")
PLOTS = {"drain": ("rate", "Drain of no-op jobs", "jobs/s, more is better"),
         "enqueue": ("rate", "Enqueue", "jobs/s, more is better"),
         "latency": ("p50_ms", "Start latency of an idle worker, p50", "ms, less is better")}
AXES = {"backlog": "jobs in the queue", "horses": "--horses", "network": "µs added to a round trip"}
FAR_OFF = 20  # ms: longer bars would hide all others


def write(results, docs):
    folder = os.path.join(docs, "benchmarks")
    os.makedirs(folder, exist_ok=True)
    names = plot(results, folder)
    with open(os.path.join(docs, "benchmarks.md"), "w") as file:
        file.write("\n".join(page(results, names)) + "\n")
    print(f"Written: {os.path.relpath(docs)}/benchmarks.md and its plots")


def page(results, plots):
    machine = results["machine"]
    yield "# Benchmarks\n"
    yield ("rqpp beside the queues that people compare it with, measured in turn, on the same Redis and the same machine.\n"
           "`make bench BENCH_FLAGS=--write` makes this page again; do not edit it. Machines differ, and a shared one is\n"
           "noisy: compare rows with each other, not with numbers from elsewhere. Each number is the median of the rounds,\n"
           "with the lowest and the highest in brackets; a ratio is taken within a round first.\n")
    yield (f"Measured on {machine['date']}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
           f"{machine['system']}, Linux {machine['kernel']}, {machine['redis']}.\n")
    yield "| system | version | what is kept of a finished job |"
    yield "| --- | --- | --- |"
    for system in results["systems"]:
        yield f"| {system['name']} | {system['version']} | {system['kept']} |"
    for name in results["missing"]:
        yield f"| {name} | **missing: it could not be installed here** | |"
    yield "\n## Goals\n"
    yield from goals_table(results)
    for measure, (title, columns, note) in TABLES.items():
        rows = results["rows"].get(measure)
        if not rows:
            continue
        rounds = 1 + max(row["round"] for row in rows)
        yield f"\n## {title}\n\n{note} {rounds} {'round' if rounds == 1 else 'rounds'}.\n"
        for name in plots.get(measure, []):
            yield f"![{title}](benchmarks/{name})\n"
        yield from table(rows, columns, "grows | to" if measure == "growth" else "system | setting")


def table(rows, columns, head):
    columns = [(title, key) for title, key in columns if any(key in row for row in rows)]
    yield f"| {head} | " + " | ".join(title for title, _ in columns) + " |"
    yield "| --- | --- | " + " | ".join("---:" for _ in columns) + " |"
    measured = pairs(rows)
    systems = [system for system, _ in measured]
    for pair in sorted(measured, key=lambda pair: systems.index(pair[0])):  # each with its own kind
        cells = []
        for _, key in columns:
            numbers = by_round(rows, *pair, key).values()
            cells.append(with_spread(number / 1e6 if key in MEGABYTES else number for number in numbers))
        yield f"| {pair[0]} | {pair[1]} | " + " | ".join(cells) + " |"


def plot(results, folder):
    """Writes the plots and returns {measure: names of files}."""
    names = {}

    def save(measure, name, drawing):
        with open(os.path.join(folder, name), "w") as file:
            file.write(drawing)
        names.setdefault(measure, []).append(name)

    for measure, (key, title, unit) in PLOTS.items():
        rows = results["rows"].get(measure, [])
        bars, far = [], []
        for pair in pairs(rows):
            numbers = by_round(rows, *pair, key).values()
            if measure == "latency" and middle(rows, pair, key) > FAR_OFF:
                far.append(f"{pair[0]} {pair[1]}: {show(middle(rows, pair, key))}")
                continue
            bars.append((" ".join(pair), middle(rows, pair, key), min(numbers), max(numbers),
                         pair[0] == "rqpp"))
        if bars:
            unit += f"; not shown: {', '.join(far)}" if far else ""
            save(measure, f"{measure}.svg", svg.bars(title, unit, bars))
    rows = results["rows"].get("growth", [])
    for kind in dict.fromkeys(system for system, _ in pairs(rows)):
        series = {}
        for name, key in (("jobs/s", "rate"), ("bare take-and-delete/s", "bare_rate")):
            line = [(row["x"], middle(rows, (kind, row["setting"]), key))
                    for row in rows if row["system"] == kind and key in row and row["round"] == 0]
            if len(line) > 1:
                series[name] = line
        if len(series) > 1:  # of which one is many times the other
            series = {f"{name}, % of the first": [(x, 100 * y / line[0][1]) for x, y in line]
                      for name, line in series.items()}
        if series:
            save("growth", f"growth-{kind.replace(' ', '-').replace(',', '')}.svg",
                 svg.lines(f"Drain by {kind}", AXES.get(kind.partition(",")[0], kind), series))
    return names
