"""Runs of systems on the server: their producers, their workers, and how far these are."""

import json
import os
import subprocess
import sys
import time

from processes import Running
from scale import Scale

PATIENCE = 120  # seconds


class Bench:
    """A Redis that all systems use in turn, and a folder for logs."""

    def __init__(self, server, places, folder, scale=Scale()):
        self.server, self.places, self.folder, self.scale = server, places, folder, scale
        self.file = os.path.join(folder, "file")  # what the tasks `mark` and `late` write

    def on(self, server):
        """The same on another Redis, or by another way to this one: whatever has a port and a URL."""
        return Bench(server, self.places, self.folder, self.scale)

    def environment(self, *more):
        merged = {**os.environ, "BENCH_PORT": str(self.server.port), "BENCH_FILE": self.file,
                  "REDIS_URL": self.server.url}
        for words in more:
            merged.update(words)
        return merged

    def clear(self):
        self.server.client.flushall()
        open(self.file, "wb").close()

    def produce(self, system, setting, task, mode, count, *words):
        """Enqueues, and returns the seconds that it took without the program's start."""
        command = [*system.producer, task, mode, str(count), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.places.bench,
                              env=self.environment(system.environment, setting.environment),
                              check=False)
        if done.returncode != 0:
            sys.exit(f"bench: a producer of {system.name} failed: {' '.join(command)}\n{done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])["seconds"]

    def workers(self, system, setting, number=0, count=None):
        command = [word.replace("{url}", self.server.url) for word in setting.command]
        return Running(command, count or setting.processes,
                       os.path.join(self.folder, f"worker-{number}.log"),
                       self.environment(system.environment), self.places.bench)

    def done(self, system, jobs):
        """How many of these jobs have ended, by commands whose cost does not grow with them."""
        if system.done:
            return self.server.ask(system.done)
        return jobs - self.server.ask(system.left)

    def wait_for(self, condition, workers, what, pause=0.02):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            workers.check()
            if time.monotonic() > deadline:
                sys.exit(f"bench: after {PATIENCE} s still not: {what}. "
                         f"The worker was: {' '.join(workers.command)}\n{workers.last_words()}")
            time.sleep(pause)

    def finish(self, system, jobs, workers):
        """Waits for the end of these jobs."""
        self.wait_for(lambda: self.done(system, jobs) >= jobs, workers,
                      f"{jobs} jobs of {system.name} done")
