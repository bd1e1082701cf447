"""The jobs of the benchmarks, for Python workers."""

import signal
import time


def noop():
    pass


def fail():
    raise RuntimeError("as it was asked to")


def nap():
    time.sleep(1)


def stay():
    while True:
        signal.pause()
