"""The raw limits in the same run: fork, a socket between processes, a round trip to Redis."""

import json
import os
import subprocess
import sys

from wire import Wire


def rows(bench, systems, number):
    ours = [system for system in systems if system.key == "rqpp"]
    if not ours:
        return
    bench.clear()
    path = os.path.join(bench.folder, "enqueue")
    write_enqueue(bench, ours[0], path)
    for name, rate in run(bench, path).items():
        yield {"system": "limit", "setting": name, "rate": rate}
    bench.clear()


def run(bench, *words):
    program = f"{bench.places.build}/limits"
    done = subprocess.run([program, str(bench.server.port), *words], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"bench: {program} failed: {done.stderr}")
    return json.loads(done.stdout)


def write_enqueue(bench, system, path):
    """The bytes with which rqpp enqueues one job, below its id."""
    seen = []
    wire = Wire(bench.server.port, seen.append)
    environment = bench.environment({"BENCH_PORT": str(wire.port)})
    subprocess.run([*system.producer, "noop", "one", "3"], env=environment, check=True,
                   stdout=subprocess.DEVNULL)
    newest = bench.server.client.lindex("rq:queue:bench", -1)
    enqueue = [request for request in seen if newest in request]
    if len(enqueue) != 1:
        sys.exit(f"bench: an enqueue took {len(enqueue)} round trips, not 1. The limit of a bare "
                 "round trip means nothing then.")
    with open(path, "wb") as file:
        file.write(newest + b"\n" + enqueue[0])
