"""Trees of processes: started with a log, measured, ended."""

import os
import signal
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")


def tree(root):
    """The ids of a process and of all below it."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(parent, []).append(int(name))
    found, rest = [], [root]
    while rest:
        found.append(rest.pop())
        rest += children.get(found[-1], [])
    return found


def cpu_seconds(roots):
    """User and system time of the trees, children that were waited for included."""
    ticks = 0
    for process in (process for root in roots for process in tree(root)):
        try:
            with open(f"/proc/{process}/stat") as file:
                ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
        except OSError:
            pass
    return ticks / TICKS


def memory(process):
    """Bytes by kind, as smaps_rollup has them: Pss, Private_Clean, Private_Dirty and others."""
    with open(f"/proc/{process}/smaps_rollup") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return {name.rstrip(":"): int(size) * 1024 for name, size, *_ in rows}


def pss(roots):
    """The memory of the trees: pages that several processes share count once, divided among them."""
    return sum(memory(process)["Pss"] for root in roots for process in tree(root))


def private(process):
    rows = memory(process)
    return rows["Private_Clean"] + rows["Private_Dirty"]


class Running:
    """Processes of one command that run while the `with` block does, each with its tree."""

    def __init__(self, command, count, log, environment, folder):
        self.command, self.count, self.log = command, count, log
        self.environment, self.folder = environment, folder

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.processes = [subprocess.Popen(self.command, stdout=log, stderr=log,
                                               env=self.environment, cwd=self.folder,
                                               stdin=subprocess.DEVNULL, start_new_session=True)
                              for _ in range(self.count)]
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        deadline = time.monotonic() + 8
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.kill(process)

    @staticmethod
    def kill(process):
        for one in tree(process.pid):
            try:
                os.kill(one, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()

    @property
    def roots(self):
        return [process.pid for process in self.processes]

    def check(self):
        """Ends the benchmark when one has died, with its last words."""
        for process in self.processes:
            if process.poll() is not None:
                sys.exit(f"bench: a worker ended by itself, with status {process.returncode}: "
                         f"{' '.join(self.command)}\n{self.last_words()}")

    def last_words(self):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-15:]) or "It has said nothing."
