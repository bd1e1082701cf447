"""What a worker takes while it has nothing to do: memory, and commands of Redis."""

import contextlib
import time

from processes import cpu_seconds, private, pss, tree
from server import Server

SETTLE = 4  # seconds
WAIT = 40  # seconds over which commands are counted
MANY = 9  # horses


def rows(bench, systems, number):
    if number == 0:  # nothing of it depends on the machine's mood
        yield from memory(bench, systems)
        yield from cost(bench, systems)


def memory(bench, systems):
    """One after the other: workers at the same time would share pages."""
    for system in systems:
        for setting in system.settings:
            if setting.late_jobs:  # those that an idle worker is measured with
                sizes = at_rest(bench, system, setting)
                row = {"system": system.name, "setting": setting.name, "pss": sizes["pss"],
                       "processes": sizes["processes"]}
                with_more = setting.with_horses(MANY)
                if with_more:
                    more = at_rest(bench, system, with_more)
                    horses = MANY - 1
                    row["private_per_horse"] = (more["private"] - sizes["private"]) / horses
                    row["pss_per_horse"] = (more["pss"] - sizes["pss"]) / horses
                yield row


def at_rest(bench, system, setting):
    bench.clear()
    with bench.workers(system, setting) as workers:
        # Jobs have run, so that all is loaded that a job needs.
        bench.produce(system, setting, "noop", system.preload, 50)
        bench.finish(system, 50, workers)
        time.sleep(bench.scale.seconds(SETTLE))
        processes = [process for root in workers.roots for process in tree(root)]
        return {"pss": pss(workers.roots), "private": sum(map(private, processes)),
                "processes": len(processes)}


def cost(bench, systems):
    """All at once, each with a Redis of its own."""
    with contextlib.ExitStack() as stack:
        idle = []
        pairs = [(system, setting) for system in systems for setting in system.settings
                 if setting.late_jobs]
        for number, (system, setting) in enumerate(pairs):
            own = bench.on(stack.enter_context(Server()))
            workers = stack.enter_context(own.workers(system, setting, number))
            own.produce(system, setting, "noop", "one", 1)
            own.finish(system, 1, workers)
            idle.append((system, setting, own.server, workers))
        time.sleep(bench.scale.seconds(10))  # what comes only once after a start is over
        before = [(server.snapshot(), cpu_seconds(workers.roots)) for _, _, server, workers in idle]
        time.sleep(bench.scale.seconds(WAIT))
        for (system, setting, server, workers), (then, cpu_then) in zip(idle, before):
            now, cpu_now = server.snapshot(), cpu_seconds(workers.roots)
            seconds = now.time - then.time
            yield {"system": system.name, "setting": setting.name,
                   "commands_per_s": (now.commands - then.commands) / seconds,
                   "redis_cpu_us_per_s": (now.cpu - then.cpu) * 1e6 / seconds,
                   "worker_cpu_ms_per_s": (cpu_now - cpu_then) * 1e3 / seconds}
