#!/usr/bin/env python3
"""What does it cost Redis? The same deeds by stock RQ and by rqpp, counted on one private Redis.

Prints a table in Markdown: for each deed the commands that Redis executed, those within scripts
included, the round trips, and the bytes in both directions. What every connection begins with
(greeting, authentication, its name) is not counted. Where a row is about one of many, it is the
difference between twice as many and as many, divided, so that what a worker or a program does once is
not in it.

Run by `scripts/bench --costs` with the Python of an RQ installation.
"""

import argparse
import contextlib
import logging
import os
import subprocess
import sys
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone

import redis
import rq
from rq.group import Group
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry, FinishedJobRegistry
from rq.scheduler import RQScheduler

from server import Server
from wire import Cost, Wire, counted

HERE = os.path.dirname(os.path.abspath(__file__))

PAST, FUTURE = 1_000_000_000, 4_000_000_000  # as Unix time

# prepare(count) fills an empty Redis, without being counted; theirs(count) and ours(count) are.
Deed = namedtuple("Deed", "text count each prepare theirs ours")


def rq_worker(bench):
    program = os.path.join(os.path.dirname(sys.executable), "rq")
    return [program, "worker", "--burst", "--quiet", "--url", bench.url, "--path", HERE, "bench"]


class Bench:
    """A Redis, and a wire to it that counts."""

    def __init__(self, stack, arguments):
        self.server = stack.enter_context(Server())
        self.wire = Wire(self.server.port)
        self.url = self.wire.url
        self.control = self.server.client  # not through the wire
        self.queue = rq.Queue("bench", connection=self.control)
        self.their_queue = rq.Queue("bench", connection=redis.Redis.from_url(self.url))
        self.arguments = arguments

    # ---- counting

    def count(self, act, *words):
        return counted(self.control, self.wire, act, *words)

    def measure(self, deed, act):
        """The cost of `deed.count` at once, or of each."""
        costs = []
        # The first time is for Redis, which has to learn the scripts.
        for number in (1, deed.count, 2 * deed.count) if deed.each else (1, deed.count):
            self.control.flushall()
            if deed.prepare:
                deed.prepare(number)
            costs.append(self.count(act, number))
        if not deed.each:
            return costs[-1]
        return Cost(*((more - less) / deed.count for less, more in zip(*costs[1:])))

    def over_time(self, seconds, command, begin):
        """The cost of a minute, once `begin` finds the worker where it is to be."""
        worker = subprocess.Popen(command, cwd=HERE, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            begin()
            return Cost(*(n * 60 / seconds for n in self.count(time.sleep, seconds)))
        finally:
            stop(worker)

    # ---- what is counted

    def deed(self, name):
        return lambda count: subprocess.run(
            [self.arguments.deeds, self.url, name, str(count)], check=True)

    def our_worker(self, *words):
        return [self.arguments.rqpp, "worker", "--quiet", "--url", self.url, "--path",
                self.arguments.modules, *words, "bench"]

    def work(self, command):
        def run(_):
            subprocess.run(command, check=True, cwd=HERE, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        return run

    def our_scheduler(self, _):
        command = [self.arguments.rqpp, "scheduler", "--quiet", "--url", self.url, "bench"]
        scheduler = subprocess.Popen(command)
        self.wait_until_gone("rq:scheduled:bench")
        scheduler.terminate()
        scheduler.wait()

    def their_scheduler(self, _):
        scheduler = RQScheduler([self.their_queue], connection=self.their_queue.connection)
        scheduler.acquire_locks()
        scheduler.enqueue_scheduled_jobs()

    def each_job(self, act):
        """`act` on each of the jobs that are there; to fetch them is not counted."""
        jobs = []

        def fetch_and_count(count):
            jobs[:] = Job.fetch_many([f"j{i}" for i in range(count)],
                                     connection=self.their_queue.connection)
            self.control.config_resetstat()
            self.wire.reset()
            for job in jobs:
                act(job)
        return fetch_and_count

    # ---- what is there before

    def wait_until_gone(self, key):
        while self.control.object("encoding", key) is not None:
            time.sleep(0.05)

    def fill(self, task="noop.noop", **options):
        def enqueue(count):
            for i in range(count):
                self.queue.enqueue(task, job_id=f"j{i}", **options)
        return enqueue

    def fill_after(self, parents, children):
        """Jobs, and some that wait for all of them, in a queue that nobody serves."""
        rest = rq.Queue("rest", connection=self.control)
        first = [self.queue.enqueue("noop.noop") for _ in range(parents)]
        for _ in range(children):
            rest.enqueue("noop.noop", depends_on=first)

    def fill_finished(self, count):
        self.fill()(count)
        self.work(self.our_worker("--burst"))(count)

    def fill_failed(self, count):
        registry = FailedJobRegistry(queue=self.queue)
        for i in range(count):
            job = Job.create("noop.noop", id=f"j{i}", connection=self.control, origin="bench",
                             status=JobStatus.FAILED)
            with self.control.pipeline() as pipeline:
                job.save(pipeline=pipeline)
                registry.add(job, pipeline=pipeline, ttl=1000)
                pipeline.execute()

    def fill_due(self, count):
        due = datetime.now(timezone.utc) - timedelta(seconds=5)
        for i in range(count):
            self.queue.enqueue_at(due, "noop.noop", job_id=f"j{i}")

    def fill_old(self, count):
        """Ids of results that have expired."""
        self.control.zadd("rq:finished:bench", {f"old{i}": PAST for i in range(count)})

    def fill_abandoned(self, count):
        """Runs of a worker of RQ that was killed."""
        self.fill()(count)
        self.control.delete("rq:queue:bench")
        for i in range(count):
            self.control.hset(f"rq:job:j{i}", mapping={"status": "started", "worker_name": "gone"})
        self.control.zadd("rq:wip:bench", {f"j{i}:e{i}": PAST for i in range(count)})

    def fill_workers(self, count):
        for i in range(count):
            rq.Worker([self.queue], name=f"w{i}", connection=self.control).register_birth()


def stop(worker):
    """Asks a second time if a job keeps it. RQ takes two that are closer for one."""
    for patience in (2, None):
        worker.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(patience)
            return


def deeds(bench):
    queue = bench.their_queue
    connection = queue.connection
    theirs = bench.work(rq_worker(bench))
    ours = bench.work(bench.our_worker("--burst"))
    failed, finished = FailedJobRegistry(queue=queue), FinishedJobRegistry(queue=queue)

    def often(act):
        return lambda count: [act(i) for i in range(count)]

    def calls(count):
        return [rq.Queue.prepare_data("noop.noop") for _ in range(count)]

    def requeue_all(_):
        for job_id in failed.get_job_ids():
            failed.requeue(job_id)

    def count_all(_):
        return [queue.count, finished.count, failed.count, queue.started_job_registry.count,
                queue.deferred_job_registry.count, queue.scheduled_job_registry.count,
                queue.canceled_job_registry.count]

    def list_finished(_):
        return Job.fetch_many(finished.get_job_ids(0, 99), connection=connection)

    def results(count):
        return [job.return_value() for job in Job.fetch_many(
            [f"j{i}" for i in range(count)], connection=connection)]

    def parent(_):
        bench.queue.enqueue("noop.noop", job_id="parent")

    yield Deed("enqueue a job", 10, True, None,
               often(lambda _: queue.enqueue("noop.noop")), bench.deed("enqueue"))
    yield Deed("enqueue 1000 jobs at once", 1000, False, None,
               lambda count: queue.enqueue_many(calls(count)), bench.deed("enqueue_many"))
    yield Deed("enqueue a job whose id is unique", 10, True, None,
               often(lambda i: queue.enqueue("noop.noop", job_id=f"u{i}", unique=True)),
               bench.deed("enqueue_unique"))
    yield Deed("enqueue a job for later", 10, True, None,
               often(lambda _: queue.enqueue_in(timedelta(hours=1), "noop.noop")),
               bench.deed("enqueue_later"))
    yield Deed("enqueue a job that waits for another", 10, True, parent,
               often(lambda _: queue.enqueue("noop.noop", depends_on="parent")),
               bench.deed("enqueue_after"))
    yield Deed("enqueue a group of 10 jobs", 10, True, None,
               often(lambda _: Group.create(connection).enqueue_many(queue, calls(10))),
               bench.deed("enqueue_groups"))

    yield Deed("run a job", 50, True, bench.fill(), theirs, ours)
    yield Deed("run a job that takes 1 s", 4, True, bench.fill("noop.nap"), theirs, ours)
    yield Deed("run a job that fails", 50, True, bench.fill("noop.fail"), theirs, ours)
    yield Deed("run a job that fails, twice: one retry", 50, True,
               bench.fill("noop.fail", retry=rq.Retry(max=1)), theirs, ours)
    yield Deed("run a job twice: one repeat", 50, True,
               bench.fill(repeat=rq.Repeat(times=1)), theirs, ours)
    yield Deed("a job ends: for each that waited for it alone", 50, True,
               lambda count: bench.fill_after(1, count), theirs, ours)
    yield Deed("start a worker, run 10 jobs for which one other waits, stop", 10, False,
               lambda count: bench.fill_after(count, 1), theirs, ours)
    yield Deed("start a worker, run 40 jobs for which one other waits, stop", 40, False,
               lambda count: bench.fill_after(count, 1), theirs, ours)
    yield Deed("a scheduled job is due", 250, True, bench.fill_due, bench.their_scheduler,
               bench.our_scheduler)

    yield Deed("read a result", 100, True, bench.fill_finished, results, bench.deed("results"))
    yield Deed("cancel a job that waits", 10, True, bench.fill(),
               bench.each_job(lambda job: job.cancel()), bench.deed("cancel"))
    yield Deed("delete a finished job", 10, True, bench.fill_finished,
               bench.each_job(lambda job: job.delete()), bench.deed("delete"))
    yield Deed("requeue a failed job", 10, True, bench.fill_failed,
               often(lambda i: failed.requeue(f"j{i}")), bench.deed("requeue"))
    yield Deed("requeue all of 200 failed jobs", 200, False, bench.fill_failed, requeue_all,
               bench.deed("requeue_all"))
    yield Deed("empty a queue of 1000 jobs", 1000, False, bench.fill(),
               lambda _: queue.empty(), bench.deed("empty"))

    yield Deed("count a queue and its 6 registries", 1, True, lambda _: bench.fill_finished(100),
               often(count_all), bench.deed("count_all"))
    yield Deed("list a page of 100 finished jobs", 1, True, lambda _: bench.fill_finished(300),
               often(list_finished), bench.deed("list_finished"))
    yield Deed("`info` about a queue and 50 workers", 50, False, bench.fill_workers,
               bench.work([rq_worker(bench)[0], "info", "--url", bench.url]),
               bench.work([bench.arguments.rqpp, "info", "--url", bench.url]))

    yield Deed("start and stop a worker, with its maintenance", 1, False, None, theirs, ours)
    yield Deed("the same when 1000 results have expired", 1000, False, bench.fill_old, theirs, ours)
    yield Deed("maintenance: a run of a worker of RQ that was killed", 50, True,
               bench.fill_abandoned, theirs, ours)


def minutes(arguments):
    """(what, its cost by RQ, by rqpp) over time, all at once, each on a Redis of its own."""
    def idle(bench):
        time.sleep(10)

    def busy(bench):
        bench.queue.enqueue("noop.stay", job_timeout=3600)
        bench.wait_until_gone("rq:queue:bench")
        time.sleep(10)

    def run(with_rq, begin, seconds, *words):
        with contextlib.ExitStack() as stack:
            bench = Bench(stack, arguments)
            command = bench.our_worker(*words)
            if with_rq:
                command = [word for word in rq_worker(bench) if word != "--burst"]
                command[2:2] = words
            return bench.over_time(seconds, command, lambda: begin(bench))

    rows = [("an idle worker, a minute", idle, arguments.seconds),
            ("an idle worker with a scheduler, a minute", idle, arguments.seconds,
             "--with-scheduler"),
            ("a worker with a job that takes long, a minute", busy, 120)]
    rows = [row for row in rows if arguments.only in row[0]]
    with ThreadPoolExecutor(2 * len(rows) or 1) as pool:
        costs = [[pool.submit(run, with_rq, *row[1:]) for with_rq in (True, False)] for row in rows]
        for row, (theirs, ours) in zip(rows, costs):
            yield row[0], theirs.result(), ours.result()


def show(what, *costs):
    cells = [f"{number:.2g}" if number < 1 else f"{round(number, 1):g}"
             for cost in costs for number in cost[:2]]
    cells += [f"{cost.bytes:.0f}" for cost in costs]
    order = (0, 2, 1, 3, 4, 5)  # of each number RQ's and ours side by side
    print("|", " | ".join([what, *(cells[i] for i in order)]), "|", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("rqpp", "deeds", "modules"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--only", default="", help="rows with this in their name")
    parser.add_argument("--seconds", type=int, default=405, help="how long workers are idle; RQ's "
                        "look up each 405 s")
    arguments = parser.parse_args()
    for name in ("rqpp", "deeds", "modules"):  # the workers run in another folder
        setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    sys.path.insert(0, HERE)
    logging.disable(logging.CRITICAL)

    with contextlib.ExitStack() as stack:
        bench = Bench(stack, arguments)
        version = bench.control.info("server")["redis_version"]
        print(f"{date.today()}, RQ {rq.VERSION}, Redis {version}\n")
        print("| | commands: RQ | rqpp | round trips: RQ | rqpp | bytes: RQ | rqpp |")
        print("| --- " + "| ---: " * 6 + "|")
        for deed in deeds(bench):
            if arguments.only in deed.text:
                show(deed.text, bench.measure(deed, deed.theirs), bench.measure(deed, deed.ours))
    for row in minutes(arguments):
        show(*row)


if __name__ == "__main__":
    main()
