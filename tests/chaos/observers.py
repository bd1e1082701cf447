"""Cleans and reads all the time what RQ's workers, `rq info` and dashboards clean and read.

    python observers.py unix:///tmp/redis.sock queue...

It works with every RQ from 1.16 to 3.0, prints how often it went round when it gets SIGTERM, and ends
with 1 when RQ met something that it cannot read.
"""

import signal
import subprocess
import sys
import time

import redis
import rq
from rq import Queue, Worker
from rq.job import Job
from rq.registry import StartedJobRegistry, clean_registries

AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, redis.exceptions.BusyLoadingError)


def read_job(connection, job_id):
    try:
        job = Job.fetch(job_id, connection=connection)
        job.get_status(refresh=True)
        job.latest_result()
        if hasattr(job, "get_executions"):
            job.get_executions()
    except rq.exceptions.NoSuchJobError:
        pass  # it was deleted between two reads
    except ValueError as error:
        if "not found in Redis" not in str(error):  # an execution that ended between two reads
            raise


def look(connection, url, names):
    for name in names:
        queue = Queue(name, connection=connection)
        StartedJobRegistry(queue=queue).cleanup()
        clean_registries(queue)
        for job_id in queue.get_job_ids(0, 20) + StartedJobRegistry(queue=queue).get_job_ids():
            read_job(connection, job_id)
    for worker in Worker.all(connection=connection):
        worker.refresh()
        try:
            worker.get_current_job()
        except rq.exceptions.NoSuchJobError:
            pass
        if hasattr(worker, "get_current_executions"):
            worker.get_current_executions()


def main():
    url, names = sys.argv[1], sys.argv[2:]
    connection = redis.Redis.from_url(url, socket_timeout=3)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    rounds = troubles = 0
    while not ended:
        try:
            look(connection, url, names)
            if rounds % 50 == 0:
                subprocess.run([sys.executable, "-m", "rq.cli", "info", "--url", url], timeout=30,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            rounds += 1
        except AWAY:
            pass
        except Exception as error:  # noqa: BLE001  whatever RQ's users would see
            troubles += 1
            print(f"RQ {rq.VERSION}: {error!r}", flush=True)
        time.sleep(0.1)
    print(f"RQ {rq.VERSION}: {rounds} rounds, {troubles} troubles", flush=True)
    sys.exit(1 if troubles else 0)


main()
