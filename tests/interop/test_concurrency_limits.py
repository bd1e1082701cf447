"""RQ's limit of how many jobs of a key are queued or running, with one side on each end."""

import unittest

from support import RQ, RQPP, InteropTest, wait_for

if RQ >= (3, 0):
    from rq import RateLimit
    from rq.rate_limit import RateLimitRegistry


@unittest.skipIf(RQ < (3, 0), 'RQ has no such limit')
class ConcurrencyLimits(InteropTest):
    def setUp(self):
        super().setUp()
        self.limit = RateLimit('api', 1)
        self.slots = RateLimitRegistry('api', self.redis)

    def enqueue(self, *call, **options):
        return self.queue.enqueue(*call, rate_limit=self.limit, **options)

    def assert_free(self):
        self.assertEqual((self.slots.get_allowed_job_count(), self.slots.get_rate_limited_job_count()), (0, 0))

    def test_jobs_of_python_take_turns_in_a_worker_of_rqpp(self):
        held, folder = self.hold_job(rate_limit=self.limit)
        others = [self.enqueue('twin.add', n, 1) for n in range(3)]
        self.start_worker('--horses', '4', 'q')
        self.wait_until_running(folder)

        self.assertEqual([job.get_status() for job in others], ['rate_limited'] * 3)
        self.release(folder)
        wait_for(lambda: all(job.get_status() == 'finished' for job in [held, *others]), 'the ends')

        self.assertEqual([job.return_value() for job in others], [1, 2, 3])
        self.assert_free()

    def test_jobs_of_rqpp_take_turns_in_a_worker_of_python(self):
        self.produce('scenario', 'limited')
        self.assertEqual(self.slots.get_allowed_job_ids(), ['j1'])
        self.assertEqual(self.slots.get_rate_limited_job_ids(), ['j2'])
        self.assertEqual(self.fetch('j2').get_status(), 'rate_limited')

        self.python_work()

        self.assertEqual([self.fetch(job_id).return_value() for job_id in ('j1', 'j2')], [5, 5])
        self.assert_free()

    def test_a_job_that_python_cancels_while_rqpp_runs_it_keeps_its_slot(self):
        held, folder = self.hold_job(rate_limit=self.limit)
        other = self.enqueue('twin.add', 2, 3)
        self.start_worker('q')
        self.wait_until_running(folder)
        wait_for(lambda: self.redis.zcard(f'rq:executions:{held.id}') == 1, 'the execution to be shown')

        held.cancel()
        self.assertEqual(other.get_status(), 'rate_limited')
        self.release(folder)

        wait_for(lambda: other.get_status() == 'finished', 'the end of the other')
        self.assert_free()

    def check_a_run_keeps_its_slot(self, take_away):
        held, folder = self.hold_job(rate_limit=self.limit)
        other = self.enqueue('twin.add', 2, 3)
        self.start_worker('--horses', '2', 'q')
        self.wait_until_running(folder)
        wait_for(lambda: self.redis.zcard(f'rq:executions:{held.id}') == 1, 'the execution to be shown')

        take_away(held)
        self.slots.cleanup()  # RQ's maintenance
        self.run_to_end(self.worker_command('--burst', 'elsewhere'))  # ours

        self.assertEqual(other.get_status(), 'rate_limited')
        self.release(folder)
        wait_for(lambda: other.get_status() == 'finished', 'the end of the other')
        self.assertFalse(self.redis.exists(held.key, f'rq:results:{held.id}', f'rq:executions:{held.id}'))
        self.assert_free()
        self.redis.flushall()

    def test_a_run_keeps_its_slot_when_its_job_is_deleted(self):
        def delete_by_rqpp(job):
            self.run_to_end([RQPP, 'job', 'delete', '--url', self.server.url, job.id])

        def cancel_and_delete(job):
            job.cancel()
            delete_by_rqpp(job)

        for take_away in (lambda job: job.delete(), delete_by_rqpp, cancel_and_delete):
            self.check_a_run_keeps_its_slot(take_away)

    def test_a_raised_limit_lets_more_in(self):
        jobs = [self.enqueue('twin.add', n, 1) for n in range(3)]
        self.limit = RateLimit('api', 3)
        jobs.append(self.enqueue('twin.add', 3, 1))

        # Within a second they come in any order.
        self.assertEqual(sorted(job.get_status() for job in jobs), ['queued'] * 3 + ['rate_limited'])
        self.work('q')

        self.assertEqual([job.return_value() for job in jobs], [1, 2, 3, 4])
        self.assert_free()


if __name__ == '__main__':
    unittest.main()
