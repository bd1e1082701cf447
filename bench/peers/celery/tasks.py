"""The jobs of the benchmarks, for Celery, and its settings: a result backend, else the defaults."""

import os
import time

from celery import Celery

URL = f"redis://127.0.0.1:{os.environ['BENCH_PORT']}/0"
app = Celery("tasks", broker=URL, backend=URL)


@app.task
def noop():
    pass


@app.task
def small(number):
    return number


@app.task
def mark():
    with open(os.environ["BENCH_FILE"], "a") as file:
        file.write(".")


@app.task
def late(sent):
    microseconds = (time.time() - sent) * 1e6
    with open(os.environ["BENCH_FILE"], "a") as file:
        file.write(f"{microseconds:.1f}\n")
