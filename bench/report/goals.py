"""The goals that rqpp has set itself, and whether a run meets them.

Each is a number with a bound: nearly all are ratios, taken within a round, whose median counts. The
other side of a ratio is the best that any peer has shown, at whichever of its settings.
"""

from dataclasses import dataclass, replace
from statistics import median

from report.numbers import best, by_round, pairs, ratios

OURS = "rqpp"
FORK, RECYCLED, EMBEDDED = "fork per job, 1", "recycled, 1", "in the program, 1"
# What "does not change at all" and "constant" leave to the sizes of batches, which follow the clock.
UNCHANGED = 1.02
# Headings of docs/performance.md, by the first figure of the goals that they are about.
ACCOUNTS = {"1": "recycled-horses", "2": "horses-one-per-job", "3": "the-producer", "4": "start-latency",
            "5": "memory-in-redis"}


@dataclass
class Goal:
    number: str
    text: str
    bound: float
    at_least: bool
    values: list  # one per round; none: not measured
    compared: str = ""
    unit: str = "×"
    account: str = ""  # where docs/performance.md tells what it depends on

    @property
    def measured(self):
        return median(self.values) if self.values else None

    @property
    def met(self):
        """None if it was not measured."""
        if not self.values:
            return None
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    @property
    def verdict(self):
        if self.met is False:
            return f"**missed**, [why](performance.md#{self.account})" if self.account else "**missed**"
        return {None: "not measured", True: "yes"}[self.met]

    @property
    def limit(self):
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g} {self.unit}"


def peers(rows):
    return [pair for pair in pairs(rows) if pair[0] not in (OURS, "limit")]


def ours(rows, wanted):
    return [pair for pair in pairs(rows) if pair[0] == OURS and wanted(pair[1])]


def against(number, text, bound, at_least, key, one, other):
    """A goal about the ratio of two (rows, pair); a pair may be None."""
    if one[1] is None or other[1] is None:
        return Goal(number, text, bound, at_least, [])
    values = ratios(by_round(one[0], *one[1], key), by_round(other[0], *other[1], key))
    return Goal(number, text, bound, at_least, values, f"{one[1][1]} / {' '.join(other[1])}")


def evaluate(results):
    """All goals, in their order; `results` is what results.json holds."""
    rows = results["rows"].get
    goals = [*drain(rows("drain", [])), *forks(rows("drain", []), rows("limits", [])),
            *enqueue(rows("enqueue", []), rows("limits", [])), *latency(rows("latency", [])),
            *space(rows("space", [])), *rest(rows("rest", [])), *growth(rows("growth", []))]
    return [replace(goal, account=ACCOUNTS.get(goal.number[0], "")) for goal in goals]


def drain(rows):
    kept = best(rows, "rate", ours(rows, lambda name: name.startswith("recycled") and "ttl" not in name))
    not_kept = best(rows, "rate", ours(rows, lambda name: "result_ttl 0" in name))
    fastest = best(rows, "rate", peers(rows))
    keeping = {(row["system"], row["setting"]) for row in rows if row.get("keeps_results")}
    lightest = best(rows, "redis_cpu_us", [pair for pair in peers(rows) if pair in keeping], min)
    return [
        against("1a", "recycled horses, results kept: drain, to the fastest peer", 1.5, True, "rate",
                (rows, kept), (rows, fastest)),
        against("1b", "the same: Redis CPU per job, to the lowest of the peers that keep results",
                0.85, False, "redis_cpu_us", (rows, kept), (rows, lightest)),
        against("1c", "result_ttl 0: drain, to the fastest peer", 3, True, "rate",
                (rows, not_kept), (rows, fastest))]


def forks(rows, limits):
    forking = ours(rows, lambda name: name.startswith("fork per job"))
    result = [against("2a", "fork per job: drain, to RQ's Worker at its default", 60, True, "rate",
                      (rows, best(rows, "rate", forking)), (rows, ("RQ", "Worker")))]
    for pair in forking or [(OURS, FORK)]:
        at_once = pair[1].split()[-1]
        limit = ("limit", f"fork, {at_once}")
        result.append(against(
            f"2b ({at_once})", f"fork per job, {at_once} at once: drain, to the raw loop of fork, "
            "result, exit, wait", 0.65, True, "rate", (rows, pair),
            (limits, limit if limit in pairs(limits) else None)))
    return result


def enqueue(rows, limits):
    one = (OURS, "one") if (OURS, "one") in pairs(rows) else None
    bare = ("limit", "enqueue") if limits else None
    bulk = best(rows, "rate", ours(rows, lambda name: name in ("bulk", "stream")))
    fastest = best(rows, "rate", [pair for pair in peers(rows) if pair[1] == "bulk"])
    return [
        against("3a", "enqueue one by one, to a bare round trip of the same bytes", 0.85, True, "rate",
                (rows, one), (limits, bare)),
        against("3b", "enqueue in bulk, to the fastest peer", 1.2, True, "rate", (rows, bulk),
                (rows, fastest))]


def latency(rows):
    unforked = ours(rows, lambda name: name in (RECYCLED, EMBEDDED))
    forked = ours(rows, lambda name: name == FORK)
    result = []
    for number, name, settings, key, bound in (
            ("4a", "no fork: p50", unforked, "p50_ms", 0.4), ("4b", "fork per job: p50", forked, "p50_ms", 0.6),
            ("4c", "no fork: p99", unforked, "p99_ms", 0.6), ("4d", "fork per job: p99", forked, "p99_ms", 0.6)):
        result.append(against(number, f"start latency of an idle worker, {name}, to the best peer's",
                              bound, False, key, (rows, best(rows, key, settings, min)),
                              (rows, best(rows, key, peers(rows), min))))
    return result


def space(rows):
    result = []
    for number, key, what, bound in (("5a", "queued", "queued", 0.65),
                                     ("5b", "finished", "kept finished", 0.2)):
        values = {task: ratios(by_round(rows, OURS, task, key), by_round(rows, "RQ", task, key))
                  for task in dict.fromkeys(row["setting"] for row in rows)}
        values = {task: found for task, found in values.items() if found}
        worst = max(values, key=lambda task: median(values[task]), default=None)
        result.append(Goal(number, f"Redis' memory per {what} job, to RQ's", bound, False,
                           values.get(worst, []), f"job: {worst}" if worst else ""))
    return result


def rest(rows):
    def worst(key):
        """Of both modes, in MB: the larger."""
        found = [number for setting in (FORK, RECYCLED)
                 for number in by_round(rows, OURS, setting, key).values()]
        return [max(found) / 1e6] if found else []

    return [
        Goal("6a", "a worker at rest: PSS in all", 10, False, worst("pss"), "the larger of both modes",
             "MB"),
        Goal("6b", "a worker at rest: private memory per waiting horse", 1.5, False,
             worst("private_per_horse"), "the larger of both modes", "MB")]


def last_to_first(rows, sizes, key):
    """At the largest size to at the smallest."""
    return ratios(by_round(rows, *sizes[-1], key), by_round(rows, *sizes[0], key))


def growth(rows):
    """Rows are (what grows, how large) there: system is the former, setting the latter."""
    def change(key, *kinds):
        spans = []
        for what in kinds:
            middles = [median(by_round(rows, *pair, key).values())
                       for pair in pairs(rows) if pair[0] == what and by_round(rows, *pair, key)]
            if len(middles) > 1 and min(middles) > 0:
                spans.append(max(middles) / min(middles))
        return [max(spans)] if spans else []

    sizes = [pair for pair in pairs(rows) if pair[0] == "backlog"]
    slowdown = []
    if len(sizes) > 1:
        falls, bare = (last_to_first(rows, sizes, key) for key in ("rate", "bare_rate"))
        slowdown = [one / other for one, other in zip(falls, bare)]
    kinds = ("backlog", "queues", "idle workers")
    return [
        Goal("7a", "commands per job: largest to smallest, over backlog, queues, workers", UNCHANGED, False,
             change("commands", *kinds)),
        Goal("7b", "round trips per job: the same", UNCHANGED, False, change("reads", *kinds)),
        Goal("7c", "drain at the largest backlog to that at the smallest, to the same of a bare "
             "take-and-delete", 1, True, slowdown, f"{sizes[-1][1]} / {sizes[0][1]} jobs" if slowdown else ""),
        Goal("7d", "commands at rest per worker: largest to smallest, over idle workers", UNCHANGED, False,
             change("commands_per_worker", "workers at rest"))]
