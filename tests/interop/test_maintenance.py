"""What workers of Python leave behind when they are killed, and how a worker of ours cleans it up."""

import os
import signal
import time
import unittest

from rq import Queue, Retry, Worker
from rq.registry import FailedJobRegistry

from support import RQ, InteropTest, wait_for

YEAR = 31_536_000


class KilledPythonWorkers(InteropTest):
    """Two workers of Python run a job each, and are killed with all that they had started."""

    def run_and_kill(self, name, queues, **options):
        """Returns a job that a worker ran when it was killed."""
        folder = self.temporary_folder()
        job = Queue(queues[0], connection=self.redis).enqueue('twin.hold', str(folder), **options)
        worker = self.start_python_worker('--name', name, *queues)
        self.wait_until_running(folder)
        wait_for(lambda: job.get_status() == 'started', 'the start')
        for pid in worker.family():
            os.kill(pid, signal.SIGKILL)
        worker.process.wait()
        self.release(folder)  # should it run again, it shall end
        return job

    def let_time_pass(self, queue='q'):
        """Nobody has renewed the runs, and the workers' hashes have expired."""
        for member in self.redis.zrange(f'rq:wip:{queue}', 0, -1):
            self.redis.zadd(f'rq:wip:{queue}', {member: time.time() - 1})
        for key in self.redis.smembers('rq:workers'):
            self.redis.delete(key)

    def test_their_jobs_are_retried_or_fail(self):
        doomed = self.run_and_kill('w1', ['q'])
        lucky = self.run_and_kill('w2', ['q', 'other'], retry=Retry(1))
        self.let_time_pass()

        log = self.work('q', 'other')

        self.assertIn('2 jobs of queue q were abandoned', log)
        self.assertEqual(doomed.get_status(), 'failed')
        text = doomed.latest_result().exc_string
        self.assertIn('Moved to FailedJobRegistry, due to AbandonedJobError, at ', text)
        self.assertIn("worker 'w1' was lost while it ran the job", text)
        self.assertIn(doomed.id, FailedJobRegistry(queue=self.queue).get_job_ids())
        self.assertEqual(lucky.get_status(), 'finished')
        self.assertEqual(self.redis.zcard('rq:wip:q'), 0)
        self.assertEqual(self.redis.exists('rq:queue:q:intermediate'), 0)
        self.assertEqual(Worker.count(connection=self.redis), 0)
        self.assertEqual(self.redis.keys('rq:workers*'), [])
        self.assertEqual(self.redis.keys('rq:clean_registries*'), [])

    def test_a_live_worker_keeps_its_late_run(self):
        job, folder = self.hold_job()
        self.start_worker('--name', 'ours', 'q')
        self.wait_until_running(folder)
        member = self.redis.zrange('rq:wip:q', 0, -1)[0]
        self.redis.zadd('rq:wip:q', {member: time.time() - 1})

        self.work('q')

        self.assertEqual(self.redis.zrange('rq:wip:q', 0, -1), [member])
        self.release(folder)
        wait_for(lambda: job.get_status() == 'finished', 'the end')

    def test_python_does_not_repeat_the_work_meanwhile(self):
        self.redis.set('rq:clean_registries:q', 1)
        job = self.run_and_kill('w1', ['q'])
        self.let_time_pass()

        self.work('q')  # the lock is somebody else's

        self.assertEqual(job.get_status(), 'started')
        self.assertEqual(self.redis.exists('rq:clean_registries:q'), 1)


class StuckJobs(InteropTest):
    def test_a_job_that_a_worker_took_and_never_started(self):
        job = self.queue.enqueue('twin.add', 1, 2, job_id='j1')
        kept = self.queue.enqueue('twin.add', 1, 2, job_id='j2', retry=Retry(1))
        for _ in range(2):
            self.redis.lmove('rq:queue:q', 'rq:queue:q:intermediate', 'LEFT', 'RIGHT')
        self.work('q')
        self.assertEqual(job.get_status(), 'queued')  # perhaps it is about to start
        for one in (job, kept):
            self.redis.set(f'rq:queue:q:intermediate:first_seen:{one.id}', time.time() - 61)
            self.redis.hset(one.key, 'enqueued_at', '2026-01-01T00:00:00.000000Z')

        self.work('q')

        self.assertEqual(job.get_status(), 'failed')
        self.assertEqual(job.latest_result().exc_string, 'Job was stuck in intermediate queue.')
        self.assertEqual(kept.get_status(), 'finished')
        self.assertEqual(self.redis.keys('rq:queue:q:intermediate*'), [])


class WhatPythonLeaves(InteropTest):
    def test_results_of_failed_jobs_and_canceled_jobs_are_not_kept_for_ever(self):
        self.queue.enqueue('twin.fail', 'boom', job_id='failed')
        canceled = self.queue.enqueue('twin.nothing', job_id='canceled')
        canceled.cancel()
        self.python_work()
        self.assertEqual(self.redis.ttl('rq:results:failed'), -1)  # RQ's leaks
        self.assertEqual(self.redis.ttl('rq:job:canceled'), -1)
        # A year passes.
        self.redis.delete('rq:job:failed')
        self.redis.zadd('rq:failed:q', {'failed': time.time() - 1})
        self.redis.zadd('rq:canceled:q', {'canceled': time.time() - YEAR - 1})

        self.work('q')

        left = {key.decode() for key in self.redis.keys('*')}
        for part in ('failed', 'canceled'):
            self.assertFalse([key for key in left if part in key], left)

    @unittest.skipIf(RQ < (2, 0), 'RQ 1 has no groups')
    def test_groups_of_jobs_that_are_gone(self):
        from rq.group import Group
        data = [Queue.prepare_data('twin.nothing') for _ in range(3)]
        gone = Group.create(connection=self.redis, name='gone')
        kept = Group.create(connection=self.redis, name='kept')
        for job in gone.enqueue_many(self.queue, data):
            job.delete()
        jobs = kept.enqueue_many(self.queue, data)
        for job in jobs[:2]:
            self.redis.delete(job.key)

        self.work('other')

        self.assertEqual(self.redis.smembers('rq:groups'), {b'kept'})
        self.assertEqual(self.redis.smembers('rq:group:kept'), {jobs[2].id.encode()})


if __name__ == '__main__':
    unittest.main()
