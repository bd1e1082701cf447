"""Scheduled jobs across the languages: who schedules them, who enqueues them, and who does when both could."""

import datetime
import signal
import time
import unittest

from rq.scheduler import RQScheduler

from support import RQ, InteropTest, wait_for

HOUR = datetime.timedelta(hours=1)
NAMED = RQ >= (2, 10)  # the lock holds a scheduler's name; before it held a process id


class Scheduling(InteropTest):

    def setUp(self):
        super().setUp()
        self.lock = 'rq:scheduler-lock:q'

    def start_scheduler(self):
        """Starts ours and waits until it has the queue."""
        process = self.start(self.rqpp_command('scheduler', 'q'))
        wait_for(lambda: 'schedules q' in process.log, 'the lock')
        return process

    def start_python_scheduler(self):
        """Python's is a part of a worker, here of one that runs nothing."""
        process = self.start(self.rq_command('worker', '--with-scheduler', 'q', 'elsewhere'))
        wait_for(lambda: self.redis.get(self.lock), 'the lock')
        return process

    def enqueue_in(self, seconds, **options):
        return self.queue.enqueue_in(
            datetime.timedelta(seconds=seconds), 'twin.add', 2, 3, **options)

    def wait_for_status(self, job, status):
        wait_for(lambda: job.get_status(refresh=True) == status, f'{status} of the job')

    def test_jobs_of_python_are_enqueued_when_they_are_due(self):
        soon, later = self.enqueue_in(2), self.enqueue_in(3600)
        self.start_scheduler()

        self.wait_for_status(soon, 'queued')

        self.assertGreaterEqual(time.time(), self.job_due(soon))
        self.assertEqual(self.queue.job_ids, [soon.id])
        self.assertEqual(later.get_status(), 'scheduled')
        self.python_work()
        self.assertEqual(soon.get_status(refresh=True), 'finished')

    def job_due(self, job):
        return int(job.enqueued_at.timestamp()) if job.enqueued_at else 0

    def test_jobs_for_the_front_go_there(self):
        first = self.queue.enqueue('twin.nothing')
        urgent = self.enqueue_in(0, at_front=True)
        self.start_scheduler()

        self.wait_for_status(urgent, 'queued')

        self.assertEqual(self.queue.job_ids, [urgent.id, first.id])

    def test_our_jobs_are_enqueued_by_pythons_scheduler(self):
        self.produce('scenario', 'due')

        self.start(self.rq_command('worker', '--with-scheduler', 'q'))

        wait_for(lambda: self.redis.hget('rq:job:j1', 'status') == b'finished', 'the end of the job')
        self.assertEqual(self.registry_ids('scheduled'), [])

    def test_python_sees_when_our_job_is_due(self):
        self.produce('scenario', 'scheduled')

        registry = self.queue.scheduled_job_registry
        self.assertEqual(registry.get_job_ids(), ['j1'])
        self.assertEqual(registry.get_scheduled_time('j1'),
                         datetime.datetime(2096, 2, 29, 10, tzinfo=datetime.timezone.utc))

    def test_a_worker_with_scheduler_runs_what_python_scheduled(self):
        job = self.enqueue_in(1)

        self.start_worker('--with-scheduler', 'q')

        self.wait_for_status(job, 'finished')

    def test_python_sees_who_schedules(self):
        process = self.start_scheduler()

        pid = self.queue.scheduler_pid  # before 2.10 whatever number the lock holds

        if NAMED:
            self.assertEqual(pid, process.pid)
            scheduler = RQScheduler.fetch(self.redis.get(self.lock).decode(), connection=self.redis)
            self.assertEqual(scheduler.pid, process.pid)
            self.assertEqual(scheduler._queue_names, {'q'})
            self.assertIsNotNone(scheduler.last_heartbeat)

    def test_pythons_scheduler_respects_our_lock(self):
        self.start_scheduler()
        ours = self.redis.get(self.lock)

        scheduler = RQScheduler([self.queue], connection=self.redis)

        self.assertEqual(scheduler.acquire_locks(), set())
        self.assertEqual(self.redis.get(self.lock), ours)

    def test_our_scheduler_respects_pythons_lock_and_takes_over_when_it_runs_out(self):
        theirs = self.start_python_scheduler()
        process = self.start(self.rqpp_command('scheduler', 'q', '-v'))
        wait_for(lambda: 'started' in process.log, 'the start')
        value = self.redis.get(self.lock)
        theirs.end()  # killed: the lock stays
        job = self.enqueue_in(0)
        self.assertEqual(self.redis.get(self.lock), value)
        self.assertNotIn('schedules q', process.log)

        # It lasts 61 s, which is more than a test may take. Ours had asked when it would run out.
        self.redis.delete(self.lock)
        again = self.start_scheduler()

        self.wait_for_status(job, 'queued')
        self.assertNotEqual(self.redis.get(self.lock), value)
        again.signal(signal.SIGTERM)
        self.assertEqual(again.wait(), 0)
        self.assertIsNone(self.redis.get(self.lock))

    def test_pythons_scheduler_takes_over_when_ours_stops(self):
        ours = self.start_scheduler()
        ours.signal(signal.SIGTERM)
        self.assertEqual(ours.wait(), 0)
        job = self.enqueue_in(0)

        scheduler = RQScheduler([self.queue], connection=self.redis)

        self.assertEqual(scheduler.acquire_locks(), {'q'})
        scheduler.enqueue_scheduled_jobs()
        self.assertEqual(job.get_status(refresh=True), 'queued')

    def test_what_stops_pythons_scheduler_does_not_stop_ours(self):
        poison = self.enqueue_in(0)
        self.redis.hdel(f'rq:job:{poison.id}', 'data')
        bad_field = self.enqueue_in(0)
        self.redis.hset(f'rq:job:{bad_field.id}', 'created_at', 'yesterday')
        good = self.enqueue_in(0)

        self.start_scheduler()

        self.wait_for_status(good, 'queued')
        self.assertIn(good.id, self.queue.job_ids)
        wait_for(lambda: not self.registry_ids('scheduled'), 'the end of the poison')
        self.assertNotIn(poison.id, self.queue.job_ids)
        self.work()
        self.assertEqual(self.redis.hget(f'rq:job:{bad_field.id}', 'status'), b'failed')
        self.assertEqual(good.get_status(refresh=True), 'finished')

    def test_no_job_is_enqueued_twice_whoever_is_killed(self):
        jobs = [self.enqueue_in(0) for _ in range(300)]
        for job in jobs[:100]:
            self.redis.zadd('rq:scheduled:q', {job.id: time.time() + 1})

        deadline = time.monotonic() + 30
        while self.redis.zcard('rq:scheduled:q') and time.monotonic() < deadline:
            process = self.start(self.rqpp_command('scheduler', 'q'))
            wait_for(lambda: self.redis.exists(self.lock), 'the lock')
            process.end()
            self.redis.delete(self.lock)

        self.assertEqual(sorted(self.queue.job_ids), sorted(job.id for job in jobs))


if __name__ == '__main__':
    unittest.main()
