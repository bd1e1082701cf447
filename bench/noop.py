"""The jobs of the benchmarks, for Python workers."""

import os
import signal
import time


def noop():
    pass


def small(number):
    return number


def mark():
    with open(os.environ["BENCH_FILE"], "a") as file:
        file.write(".")


def late(sent):
    microseconds = (time.time() - sent) * 1e6
    with open(os.environ["BENCH_FILE"], "a") as file:
        file.write(f"{microseconds:.1f}\n")


def fail():
    raise RuntimeError("as it was asked to")


def nap():
    time.sleep(1)


def stay():
    while True:
        signal.pause()
