"""What a system under test is, and which ones this machine has.

Each folder of bench/peers has a `system.py` whose `define(places)` returns a System, and programs of
its own that all keep to the same words:

    PRODUCER TASK one|bulk|paced COUNT [GAP_MICROSECONDS]

enqueues a task so often: one after the other, a thousand at a time, or one each so many microseconds
with the time as its argument; it prints {"n": COUNT, "seconds": …}. The tasks are `noop`, `small`
(takes and returns 20), `mark` (appends a dot to $BENCH_FILE) and `late` (appends the microseconds
since it was sent). Redis is at $BENCH_PORT.
"""

import importlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field, replace


@dataclass
class Setting:
    """One way to run a system's worker."""
    name: str
    command: list  # {url} stands for Redis
    jobs: int  # in a drain: a second or two of work
    default: bool = False
    forks: bool = False  # a process for each job
    at_once: int = 1  # such processes
    processes: int = 1
    keeps_results: bool = True
    environment: dict = field(default_factory=dict)  # of the producer
    gap: float = 0.01  # seconds between jobs when the latency is measured
    late_jobs: int = 400  # 0: not measured

    def with_horses(self, count):
        """The same setting with this number of horses; None if it has no horses."""
        if "--horses" not in self.command:
            return None
        command = list(self.command)
        command[command.index("--horses") + 1] = str(count)
        return replace(self, command=command)


@dataclass
class System:
    name: str
    key: str  # for --systems
    version: str  # None: it is not there
    producer: list
    settings: list
    # Commands of constant cost that count what is not done, and, where that is not exact, what is.
    left: list = field(default_factory=list)
    done: list = field(default_factory=list)
    kept: list = field(default_factory=list)  # the same for what is kept afterwards
    what_is_kept: str = ""
    keeps_results: bool = True
    bulk: bool = True  # it has a call for many jobs at once
    preload: str = "bulk"  # how a backlog is made
    environment: dict = field(default_factory=dict)

    def __post_init__(self):
        if not self.keeps_results:
            self.settings = [replace(setting, keeps_results=False) for setting in self.settings]

    @property
    def default(self):
        return next(setting for setting in self.settings if setting.default)


@dataclass
class Places:
    """Where what was built is."""
    bench: str  # the folder bench/ of the sources
    build: str  # programs in C++, modules
    peers: str

    def peer(self, name):
        return os.path.join(self.peers, name)


def output(*command):
    """What a command prints, or None if there is no such program or it fails."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def program_version(*command):
    text = output(*command)
    return text.split()[-1] if text else None


def python_version(python, *packages):
    script = "import sys, importlib.metadata as m; print(', '.join(f'{p} {m.version(p)}' for p in sys.argv[1:]))"
    text = output(python, "-c", script, *packages)
    return text and text.removeprefix(f"{packages[0]} ")


def node_version(folder, *packages):
    versions = []
    for package in packages:
        try:
            with open(f"{folder}/node_modules/{package}/package.json") as file:
                versions.append(f"{package} {json.load(file)['version']}")
        except OSError:
            return None
    node = output("node", "--version")
    return node and f"{', '.join(versions).removeprefix(packages[0] + ' ')}, node {node[1:]}"


def go_version(program, module):
    """The version of a module that a program was built with, and of Go."""
    text = output("go", "version", "-m", program) if os.path.exists(program) else None
    if text is None:
        return None
    lines = [line.split() for line in text.splitlines()]
    module_version = next(words[2] for words in lines if words[:2] == ["dep", module])
    return f"{module_version.removeprefix('v')}, {lines[0][1]}"


PEERS = ("rq", "celery", "sidekiq", "asynq", "bullmq", "bee_queue")


def peers(places):
    """All of them, those that are not there too: their version is None."""
    return [importlib.import_module(f"peers.{name}.system").define(places) for name in PEERS]
