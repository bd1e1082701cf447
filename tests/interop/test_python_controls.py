"""Where stock RQ finds the jobs that rqpp ran, how long they live, and what it may do with them."""

import time
import unittest

from rq.job import Job

from support import EXECUTIONS, RQ, InteropTest, wait_for

YEAR = 31_536_000


class Registries(InteropTest):
    def test_a_running_job_is_among_the_started(self):
        job, folder = self.hold_job()
        self.start_worker('--name', 'w1', 'q')
        self.wait_until_running(folder)

        self.assertEqual(job.get_status(), 'started')
        members = self.registry_ids('wip')
        self.assertEqual([member.split(':')[0] for member in members], [job.id])
        self.assert_score('rq:wip:q', members[0], 90)
        if EXECUTIONS:
            self.assertEqual(self.queue.started_job_registry.get_job_ids(), [job.id])
            self.assertIn(job, self.queue.started_job_registry)
            execution, = job.get_executions()
            self.assertEqual(members, [f'{job.id}:{execution.id}'])
            self.assertLess(abs(time.time() - execution.created_at.timestamp()), 30)
            if RQ >= (2, 12):
                self.assertEqual(execution.worker_name, 'w1')
        # RQ 1 reads the whole member as an id; only the number is right for it (8.3 B).
        self.assertEqual(self.queue.started_job_registry.count, 1)
        self.assertEqual(self.redis.ttl(job.key), -1)

        self.release(folder)
        wait_for(lambda: job.get_status() == 'finished', 'the end of the job')
        self.assertEqual(self.queue.started_job_registry.count, 0)
        self.assertEqual(self.queue.finished_job_registry.get_job_ids(), [job.id])
        self.assertEqual(self.redis.keys('rq:execution*'), [])
        self.assertEqual(job.return_value(), 'released')

    def test_finished_and_failed(self):
        good = self.queue.enqueue('twin.add', 1)
        bad = self.queue.enqueue('twin.fail', 'x')

        self.work()

        self.assertEqual(self.queue.finished_job_registry.get_job_ids(), [good.id])
        self.assertEqual(self.queue.failed_job_registry.get_job_ids(), [bad.id])
        self.assertEqual(self.queue.started_job_registry.count, 0)
        self.assertEqual(self.redis.keys('rq:execution*'), [])
        self.assertLessEqual(set(self.redis.keys('rqpp:*')), {b'rqpp:maintenance'})


class TimesToLive(InteropTest):
    """Section 3.3 of the protocol."""

    def test_of_a_success(self):
        # result_ttl, seconds that the keys live, score in the registry
        for ttl, lives, score in [(None, 500, 500), (90, 90, 90), (-1, -1, float('inf'))]:
            with self.subTest(result_ttl=ttl):
                job = self.queue.enqueue('twin.add', 1, result_ttl=ttl)

                self.work()

                self.assert_lives(job.key, lives)
                self.assert_lives(f'rq:results:{job.id}', lives)
                self.assert_score('rq:finished:q', job.id, score)

    def test_of_a_success_that_is_dropped(self):
        job = self.queue.enqueue('twin.add', 1, result_ttl=0)

        self.work()

        self.assert_lives(job.key, None)
        self.assert_lives(f'rq:results:{job.id}', None)
        self.assertEqual(self.registry_ids('finished'), [])

    def test_of_a_failure(self):
        # RQ sets no time on the result of a failure by default; ours goes with its job.
        for ttl, lives, score in [(None, YEAR, YEAR), (90, 90, 90), (-1, -1, -1)]:
            with self.subTest(failure_ttl=ttl):
                job = self.queue.enqueue('twin.fail', 'x', failure_ttl=ttl)

                self.work()

                self.assert_lives(job.key, lives)
                self.assert_lives(f'rq:results:{job.id}', lives)
                self.assert_score('rq:failed:q', job.id, score)

    def test_of_a_failure_that_is_dropped(self):
        job = self.queue.enqueue('twin.fail', 'x', failure_ttl=0)

        self.work()

        self.assert_lives(job.key, None)
        self.assert_lives(f'rq:results:{job.id}', None)
        self.queue.failed_job_registry.cleanup()
        self.assertEqual(self.registry_ids('failed'), [])

    def test_the_workers_own(self):
        job = self.queue.enqueue('twin.add', 1)

        self.work('--results-ttl', '90', 'q')

        self.assert_lives(job.key, 90)
        self.assert_score('rq:finished:q', job.id, 90)

    def test_waiting_ends_with_the_start(self):
        job, folder = self.hold_job(ttl=120)
        self.assert_lives(job.key, 120)

        self.start_worker()
        self.wait_until_running(folder)

        self.assert_lives(job.key, -1)


class Control(InteropTest):
    def test_requeue_of_what_failed(self):
        job = self.queue.enqueue('twin.fail', 'x')
        self.work()

        job.requeue()
        self.assertEqual(job.get_status(), 'queued')
        self.assertEqual(self.queue.job_ids, [job.id])
        self.work()

        self.assertEqual(job.get_status(), 'failed')
        self.assertEqual(self.registry_ids('failed'), [job.id])
        self.assert_lives(job.key, YEAR)

    def test_cancel_of_what_waits(self):
        job = self.queue.enqueue('twin.add', 1)

        job.cancel()
        self.work()

        self.assertEqual(job.get_status(), 'canceled')
        self.assertIsNone(job.return_value())
        self.assertEqual(self.registry_ids('canceled'), [job.id])

    def test_what_was_canceled_after_it_was_popped_does_not_run(self):
        job = self.queue.enqueue('twin.add', 1)
        job.cancel()
        self.redis.rpush('rq:queue:q', job.id)

        self.work()

        self.assertEqual(job.get_status(), 'canceled')
        self.assertIsNone(job.latest_result())

    def test_cancel_of_what_runs(self):
        job, folder = self.hold_job()
        worker = self.start_worker()
        self.wait_until_running(folder)

        job.cancel()
        self.release(folder)
        self.stop_warmly(worker)

        if EXECUTIONS:
            # RQ would overwrite `canceled` with `finished` at the end; rqpp lost the job and says so.
            self.assertEqual(job.get_status(), 'canceled')
            self.assertIsNone(job.latest_result())
            self.assertEqual(self.registry_ids('finished'), [])
        else:
            # RQ 1 cannot clear our member of rq:wip, so that the job counts as ours (8.3 B).
            self.assertEqual(job.get_status(), 'finished')
        self.assertEqual(self.registry_ids('canceled'), [job.id])
        self.assertEqual(self.registry_ids('wip'), [])

    def test_cancel_of_what_finished(self):
        job = self.queue.enqueue('twin.add', 1)
        self.work()

        job.cancel()

        self.assertEqual(self.registry_ids('finished'), [])
        self.assertEqual(self.registry_ids('canceled'), [job.id])

    def test_delete_of_what_waits(self):
        job = self.queue.enqueue('twin.add', 1)
        job.delete()

        self.work()

        self.assertEqual(self.redis.keys(f'rq:*{job.id}*'), [])

    def test_delete_of_what_runs(self):
        job, folder = self.hold_job()
        worker = self.start_worker()
        self.wait_until_running(folder)

        job.delete()
        self.release(folder)
        self.stop_warmly(worker)

        self.assertEqual(self.redis.keys(f'rq:*{job.id}*'), [])
        self.assertEqual(self.registry_ids('wip') + self.registry_ids('finished'), [])

    def test_delete_of_what_ended(self):
        for task, registry in (('twin.nothing', 'finished'), ('twin.hold', 'failed')):
            with self.subTest(registry):
                job = self.queue.enqueue(task)
                self.work()
                self.assertEqual(self.registry_ids(registry), [job.id])

                job.delete()

                self.assertFalse(self.redis.exists(job.key))
                self.assertEqual(self.registry_ids(registry), [])

    def test_emptying_the_queue(self):
        jobs = [self.queue.enqueue('twin.add', n) for n in range(3)]

        self.queue.empty()
        self.work()

        self.assertEqual([Job.exists(job.id, connection=self.redis) for job in jobs], [False] * 3)

    def stop_warmly(self, worker):
        worker.signal(15)
        self.assertEqual(worker.wait(), 0, worker.log)


if __name__ == '__main__':
    unittest.main()
