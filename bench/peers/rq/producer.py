"""A producer of RQ: producer.py TASK one|bulk|paced COUNT [GAP_MICROSECONDS]"""

import json
import os
import sys
import time

import redis
import rq

task, mode, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
function, arguments = f"noop.{task}", (20,) if task == "small" else ()
queue = rq.Queue("bench", connection=redis.Redis(port=int(os.environ["BENCH_PORT"])))
queue.connection.ping()

begin = time.perf_counter()
if mode == "one":
    for _ in range(count):
        queue.enqueue(function, *arguments)
elif mode == "bulk":
    for done in range(0, count, 1000):
        queue.enqueue_many([rq.Queue.prepare_data(function, arguments)
                            for _ in range(min(1000, count - done))])
else:
    for _ in range(count):
        time.sleep(int(sys.argv[4]) / 1e6)
        queue.enqueue(function, time.time())
print(json.dumps({"n": count, "seconds": time.perf_counter() - begin}))
