#!/usr/bin/env python3
"""Fails when a job costs Redis more commands or round trips than it did. No clock is asked.

A worker is slower on a busy machine, and then shows more of what it does; so a count that is too high
is taken again, and the lowest counts.

Run by ctest as bench.quick, and by `scripts/bench --quick`.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import ours
import systems
from runs import Bench
from server import Server
from wire import Wire, counted

HERE = os.path.dirname(os.path.abspath(__file__))
TRIES = 4
FEW, MANY = 100, 400  # jobs; what is done once is not in the difference

# Commands and round trips per job, what was measured and a little more. A number that rises needs a
# reason, and its place here; one that has fallen should be lowered here. A worker takes fewer jobs at
# once while they take longer, so on a loaded machine a process each costs up to three times as much
# as at best, which is 6.2; the tests of the scripts hold what a batch costs (Budget).
BUDGET = {
    "enqueue one by one": (2, 1),
    "enqueue in bulk": (1.03, 0.01),  # each hundred is a transaction: all of it or nothing
    "fork per job, 1": (18.5, 0.6),
    "fork per job, 4": (18.5, 0.6),
    "recycled, 1": (7.5, 0.1),
    "recycled, 1, result_ttl 0": (4, 0.1),
}


def within(cost, bounds):
    return all(number <= bound for number, bound in zip(cost, bounds))


def per_job(few, many):
    return tuple((more - less) / (MANY - FEW) for less, more in zip(few[:2], many[:2]))


def complaints(costs, budget):
    """What is above its bound, in words."""
    return [f"{name}: {number:.3g} {what} per job, at most {bound:g} are allowed"
            for name, cost in costs.items()
            for what, number, bound in zip(("commands", "round trips"), cost, budget[name])
            if number > bound]


def producing(bench, system, mode, scale):
    """The cost of enqueueing so many jobs through the wire."""
    def count(wired, jobs):
        bench.clear()
        return counted(bench.server.client, wired.server,
                       lambda: wired.produce(system, system.default, "noop", mode, jobs * scale))
    return count


def draining(bench, system, setting):
    """The cost of running so many jobs through the wire, with the start and end of a worker."""
    def count(wired, jobs):
        bench.clear()
        bench.produce(system, setting, "noop", "bulk", jobs)
        command = [word.replace("{url}", wired.server.url) for word in setting.command]
        command.insert(2, "--burst")
        cost = counted(bench.server.client, wired.server,
                       lambda: subprocess.run(command, check=True, env=bench.environment()))
        left = bench.done(system, jobs)
        if left != jobs:
            sys.exit(f"bench: {' '.join(command)} left {jobs - left} of {jobs} jobs")
        return cost
    return count


def deeds(bench, system):
    """(name, how to count, how many jobs one of `jobs` stands for)"""
    yield "enqueue one by one", producing(bench, system, "one", 1), 1
    yield "enqueue in bulk", producing(bench, system, "bulk", 10), 10
    for setting in system.settings:
        if setting.name in BUDGET:
            yield setting.name, draining(bench, system, setting), 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="the folder of rqpp and the benchmarks' programs")
    places = systems.Places(HERE, os.path.abspath(parser.parse_args().build), "")
    system = ours.define(places)
    if system.version is None:
        sys.exit(f"bench: there is no rqpp in {places.build}. Build it: make build")

    costs = {}
    with Server() as server, tempfile.TemporaryDirectory(prefix="rqpp-bench-") as folder:
        bench = Bench(server, places, folder)
        wired = bench.on(Wire(server.port))
        print("| per job | commands | at most | round trips | at most |\n| --- | ---: | ---: | ---: | ---: |")
        for name, count, scale in deeds(bench, system):
            count(wired, 10)  # Redis learns the scripts
            for _ in range(TRIES):
                cost = tuple(n / scale for n in per_job(count(wired, FEW), count(wired, MANY)))
                costs[name] = tuple(map(min, costs.get(name, cost), cost))
                if within(costs[name], BUDGET[name]):
                    break
            rows = zip(costs[name], BUDGET[name])
            print(f"| {name} | " + " | ".join(f"{n:.3g} | {bound:g}" for n, bound in rows) + " |", flush=True)

    found = complaints(costs, BUDGET)
    if found:
        sys.exit("bench: a job costs Redis more than it did.\n  " + "\n  ".join(found) +
                 "\nFind what was added, or raise the bound in bench/quick.py and say why.")


if __name__ == "__main__":
    main()
