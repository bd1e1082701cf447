#!/usr/bin/env python3
"""Measures rqpp beside the other queues that this machine has, in turn, on the same Redis.

Machines are noisy: what counts are ratios within one round, and their medians. Results go to
results.json, a summary to standard output; `--write` makes docs/benchmarks.md of them.

Run by `make bench` with the Python of an RQ installation.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
import time

import measures.drain
import measures.enqueue
import measures.growth
import measures.latency
import measures.limits
import measures.rest
import measures.space
import ours
import report.machine
import report.page
import report.text
import systems
from runs import Bench
from scale import Scale
from server import Server

HERE = os.path.dirname(os.path.abspath(__file__))
# In each round the limits stand next to what is compared with them.
MEASURES = {"limits": measures.limits, "enqueue": measures.enqueue, "drain": measures.drain,
            "latency": measures.latency, "space": measures.space, "rest": measures.rest,
            "growth": measures.growth}


def words(text):
    return text.split(",")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="the folder of rqpp and the benchmarks' programs")
    parser.add_argument("--peers", required=True, help="the folder into which scripts/peers installed")
    parser.add_argument("--out", required=True, help="the folder of results.json")
    parser.add_argument("--rounds", type=int, help="default: 5, of growth 3; 0 with --add: only "
                        "tell again what was found")
    parser.add_argument("--only", type=words, help=f"measures, with commas: {', '.join(MEASURES)}")
    parser.add_argument("--systems", type=words, help="with commas: rqpp, " + ", ".join(systems.PEERS))
    parser.add_argument("--growth", action="store_true", help="only growth, about 5 minutes a round")
    parser.add_argument("--deep", action="store_true", help="growth up to a backlog of 5 million jobs")
    parser.add_argument("--keep", action="store_true",
                        help="measures that do not run now keep what an earlier run found")
    parser.add_argument("--add", action="store_true", help="the same, and those that run add rounds to it")
    parser.add_argument("--tiny", action="store_true",
                        help="a few jobs and moments each: shows that every measure runs, no more")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md too")
    arguments = parser.parse_args()
    for name in ("build", "peers", "out"):  # workers run in another folder
        setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    if arguments.growth or arguments.deep:
        arguments.only = ["growth"]
    arguments.only = arguments.only or [name for name in MEASURES if name != "growth"]
    if arguments.rounds is None:
        arguments.rounds = 3 if arguments.only == ["growth"] else 5
    check(parser, "measure", arguments.only, list(MEASURES))
    check(parser, "system", arguments.systems, ["rqpp", *systems.PEERS])
    if arguments.tiny and arguments.write:
        parser.error("--tiny measures nothing, so --write has nothing to write")
    return arguments


def check(parser, what, given, known):
    for name in given or []:
        if name not in known:
            parser.error(f"no {what} '{name}'. There are: {', '.join(known)}.")


def wanted(arguments, places):
    """The systems to measure, and those that are missing."""
    all_of_them = map(Scale(arguments.tiny).system, [ours.define(places), *systems.peers(places)])
    chosen = [system for system in all_of_them
              if not arguments.systems or system.key in arguments.systems]
    missing = [system for system in chosen if system.version is None]
    for system in missing:
        print(f"bench: ATTENTION: {system.name} is not there, so nothing is said about it. "
              f"`scripts/peers {system.key}` says why.", file=sys.stderr)
    return [system for system in chosen if system.version], missing


def measure(bench, chosen, arguments, results, save):
    """All rounds of all measures; within a round each measure has its turn, and is then saved."""
    found = {name: results["rows"].get(name, []) if arguments.add else []
             for name in MEASURES if name in arguments.only}
    begin = {name: 1 + max((row["round"] for row in rows), default=-1) for name, rows in found.items()}
    results["rows"].update(found)
    save(results)
    for number in range(arguments.rounds):
        for name, rows in found.items():
            began = time.monotonic()
            more = {"deep": arguments.deep} if name == "growth" else {}
            for row in MEASURES[name].rows(bench, chosen, begin[name] + number, **more):
                rows.append({"round": begin[name] + number, **row})
                report.text.tell(name, rows[-1])
            save(results)
            took = time.monotonic() - began
            if took > 1:
                print(f"-- round {number + 1} of {arguments.rounds}: {name}, {took:.0f} s", flush=True)


def describe(results, server, chosen, missing):
    """On what machine, and which systems. Those that an earlier run had and this one was not asked
    for stay."""
    asked = {system.name for system in chosen + missing}
    results["machine"] = report.machine.describe(server)
    results["systems"] = ([report.machine.describe_system(system) for system in chosen] +
                          [row for row in results["systems"] if row["name"] not in asked])
    results["missing"] = ([system.name for system in missing] +
                          [name for name in results["missing"] if name not in asked])


def saver(path):
    """Writes results to a file that is whole at every moment."""
    def save(results):
        with open(f"{path}.new", "w") as file:
            json.dump(results, file, indent=1)
        os.replace(f"{path}.new", path)
    return save


def main():
    arguments = parse()
    logging.disable(logging.CRITICAL)
    places = systems.Places(HERE, arguments.build, arguments.peers)
    chosen, missing = wanted(arguments, places)
    path = os.path.join(arguments.out, "results.json")
    os.makedirs(arguments.out, exist_ok=True)
    results = {"rows": {}, "systems": [], "missing": []}
    if (arguments.keep or arguments.add) and os.path.exists(path):
        with open(path) as file:
            results = json.load(file)

    with Server() as server, tempfile.TemporaryDirectory(prefix="rqpp-bench-") as folder:
        describe(results, server, chosen, missing)
        bench = Bench(server, places, folder, Scale(arguments.tiny))
        measure(bench, chosen, arguments, results, saver(path))

    report.text.summary(results)
    print(f"\nThe numbers: {os.path.relpath(path)}")
    if arguments.write:
        report.page.write(results, os.path.join(HERE, "..", "docs"))


if __name__ == "__main__":
    main()
