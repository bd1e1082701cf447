"""Ids that RQ before 2.8 takes for new jobs, colons in them too, beside RQ's readers and cleaners.

RQ from 2.0 on reads members `<id>:<execution>` of rq:wip and raises where there is one more colon: a worker
of RQ 3 ends.
"""

import signal
import unittest

from rq import Queue, Worker
from rq.registry import StartedJobRegistry, clean_registries

from support import RQPP, InteropTest, wait_for

COLONS = 'user:42'


class OldIds(InteropTest):
    def enqueue(self, job_id, *call, **options):
        """As a producer of RQ before 2.8 does it."""
        try:
            return self.queue.enqueue(*call, job_id=job_id, **options)
        except ValueError:  # this one is later
            written = self.queue.enqueue(*call, **options)
        self.redis.rename(written.key, f'rq:job:{job_id}')
        self.redis.lrem('rq:queue:q', 1, written.id)
        self.redis.rpush('rq:queue:q', job_id)
        return None

    def hold(self, job_id, **options):
        folder = self.temporary_folder()
        self.enqueue(job_id, 'twin.hold', str(folder), **options)
        return folder

    def status(self, job_id=COLONS):
        return (self.redis.hget(f'rq:job:{job_id}', 'status') or b'').decode()

    def rqpp(self, *words):
        return self.run_to_end([RQPP, *words], RQ_REDIS_URL=self.server.url)

    def let_rq_read_and_clean(self):
        StartedJobRegistry('q', connection=self.redis).get_job_ids()
        StartedJobRegistry('q', connection=self.redis).cleanup()
        clean_registries(self.queue)
        Queue('q', connection=self.redis).started_job_registry.get_job_ids()
        for worker in Worker.all(connection=self.redis):
            if hasattr(worker, 'get_current_executions'):  # since RQ 3
                worker.get_current_executions()
        self.run_to_end(self.rq_command('info'))
        self.python_work('q')  # its maintenance cleans

    def run_held(self, job_id=COLONS):
        """Returns a worker that runs the job, and how to let that end."""
        folder = self.hold(job_id)
        worker = self.start_worker('--name', 'w1', 'q')
        self.wait_until_running(folder)
        wait_for(lambda: self.status(job_id) == 'started', 'the run is shown')
        return worker, folder

    def test_run_while_rq_reads_and_cleans(self):
        _, folder = self.run_held()
        self.assertEqual(self.redis.hget(f'rq:job:{COLONS}', 'worker_name'), b'w1')

        self.let_rq_read_and_clean()
        self.release(folder)

        wait_for(lambda: self.status() == 'finished', 'the end of the job')
        self.assertEqual(self.rqpp('job', 'result', COLONS).strip(), "'released'")
        self.assertEqual(self.registry_ids('finished'), [COLONS])
        self.assertEqual(self.redis.keys('rq:execution*'), [])

    def test_quick_jobs_run_once(self):
        ids = [f'{n}:{n}:' for n in range(200)]
        for job_id in ids:
            self.enqueue(job_id, 'twin.add', 1, 2)

        self.work('--jobs-per-horse', '100', 'q')

        self.assertEqual(sorted(self.registry_ids('finished')), sorted(ids))
        self.assertEqual({self.redis.xlen(f'rq:results:{job_id}') for job_id in ids}, {1})

    def test_a_lost_worker_s_is_inherited(self):
        worker, _ = self.run_held()
        worker.signal(signal.SIGKILL)
        worker.wait()
        wait_for(lambda: not worker.family(), 'the end of all that the worker had started')
        for member in self.redis.zrange('rqpp:leases', 0, -1):
            self.redis.zadd('rqpp:leases', {member: 1})

        self.let_rq_read_and_clean()
        self.work()

        self.assertEqual((self.status(), self.registry_ids('failed')), ('failed', [COLONS]))
        self.assertIn('AbandonedJobError', self.rqpp('job', 'show', COLONS))

    def test_what_a_worker_of_rq_1_left_is_taken_over(self):
        """It writes the bare id, which must not be taken for a run of the job `user`."""
        self.enqueue('user', 'twin.add', 1, 2)
        self.enqueue(COLONS, 'twin.add', 1, 2)
        self.redis.lrem('rq:queue:q', 1, COLONS)
        self.redis.hset(f'rq:job:{COLONS}', 'status', 'started')
        self.redis.zadd('rq:wip:q', {COLONS: 1})

        self.work()

        self.assertEqual((self.status('user'), self.status()), ('finished', 'failed'))
        self.assertEqual(self.redis.zcard('rq:wip:q'), 0)

    def test_every_command(self):
        for job_id in (COLONS, 'user.42', 'a b', ':', 'naïve'):
            with self.subTest(job_id=job_id):
                self.check_every_command(job_id)
                self.redis.flushall()

    def check_every_command(self, job_id):
        worker, _ = self.run_held(job_id)
        self.assertIn('started', self.rqpp('job', 'show', '--', job_id))
        self.rqpp('info')
        self.rqpp('top', '-n', '1')
        self.rqpp('job', 'stop', '--', job_id)
        wait_for(lambda: self.status(job_id) == 'stopped', 'the stop')
        worker.signal(signal.SIGTERM)
        self.assertEqual(worker.wait(), 0)

        self.rqpp('job', 'requeue', '--', job_id)
        self.assertEqual((self.status(job_id), self.redis.llen('rq:queue:q')), ('queued', 1))
        self.rqpp('job', 'cancel', '--', job_id)
        self.assertEqual((self.status(job_id), self.registry_ids('canceled')), ('canceled', [job_id]))
        self.rqpp('doctor', '--for', '1s', '--repair')
        self.rqpp('job', 'delete', '--', job_id)
        self.assertEqual((self.status(job_id), self.registry_ids('canceled')), ('', []))

    def test_a_canceled_and_a_deleted_run_write_nothing(self):
        for command, left in (('cancel', 'canceled'), ('delete', '')):
            with self.subTest(command=command):
                worker, folder = self.run_held()

                self.rqpp('job', command, COLONS)
                self.release(folder)
                worker.signal(signal.SIGTERM)
                self.assertEqual(worker.wait(), 0)

                self.assertEqual(self.status(), left)
                self.assertEqual(self.registry_ids('finished'), [])
                self.redis.flushall()


if __name__ == '__main__':
    unittest.main()
