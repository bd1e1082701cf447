"""A producer of Celery: producer.py TASK one|bulk|paced COUNT [GAP_MICROSECONDS]

Celery has no call for many jobs at once: `bulk` sends one after the other on a connection that it
holds.
"""

import json
import sys
import time

import tasks

task, mode, count = getattr(tasks, sys.argv[1]), sys.argv[2], int(sys.argv[3])
arguments = (20,) if sys.argv[1] == "small" else ()

with tasks.app.producer_pool.acquire(block=True) as producer:
    producer.connection.ensure_connection()
    begin = time.perf_counter()
    if mode == "one":
        for _ in range(count):
            task.delay(*arguments)
    elif mode == "bulk":
        for _ in range(count):
            task.apply_async(arguments, producer=producer)
    else:
        for _ in range(count):
            time.sleep(int(sys.argv[4]) / 1e6)
            task.delay(time.time())
    seconds = time.perf_counter() - begin
print(json.dumps({"n": count, "seconds": seconds}))
