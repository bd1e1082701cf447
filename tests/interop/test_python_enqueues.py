"""Stock RQ enqueues, rqpp runs it in C++, stock RQ reads what came of it."""

import datetime
import decimal
import time
import unittest
from datetime import timezone

from rq import Queue
from rq.job import Job

import twin
from support import EXECUTIONS, RQ, InteropTest, JSONSerializer, wait_for

YEAR = 31_536_000


def as_utc(moment):
    """RQ 1 hands out naive datetimes in UTC, RQ 2 aware ones."""
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


class Calls(InteropTest):
    def test_a_positional_argument(self):
        job = self.queue.enqueue('fib.slow_fib', 20)

        self.work()

        self.assertEqual(job.get_status(), 'finished')
        self.assertEqual(job.return_value(), 10946)
        if RQ >= (1, 16):  # before, nobody could wait
            self.assertEqual(job.latest_result(timeout=5).return_value, 10946)

    def test_a_keyword_argument(self):
        job = self.queue.enqueue('fib.slow_fib', n=20)

        self.work()

        self.assertEqual(job.return_value(), 10946)

    def test_a_default_argument(self):
        one = self.queue.enqueue('twin.add', 5)
        two = self.queue.enqueue('twin.add', 5, b=6)

        self.work()

        self.assertEqual((one.return_value(), two.return_value()), (5, 11))

    def test_the_name_may_come_from_a_function_of_the_same_name(self):
        job = self.queue.enqueue(twin.add, 5, 6)

        self.work()

        self.assertEqual(job.return_value(), 11)

    def test_json(self):
        queue = Queue('q', connection=self.redis, serializer=JSONSerializer)
        job = queue.enqueue('twin.add', 2, b=3)

        self.work()

        fetched = self.fetch(job.id, serializer=JSONSerializer)
        self.assertEqual(fetched.get_status(), 'finished')
        self.assertEqual(fetched.return_value(), 5)

    def test_enqueue_many(self):
        jobs = self.queue.enqueue_many(
            [Queue.prepare_data('twin.add', (n,), {'b': 1}, job_id=f'many-{n}') for n in range(10)])

        self.work()

        self.assertEqual([job.return_value() for job in jobs], list(range(1, 11)))

    def test_at_front_runs_first(self):
        back = self.queue.enqueue('twin.add', 1)
        front = self.queue.enqueue('twin.add', 2, at_front=True)

        self.work()

        for job in (back, front):
            job.refresh()
        self.assertLess(front.started_at, back.started_at)

    def test_queues_run_in_the_order_of_the_command_line(self):
        low = Queue('low', connection=self.redis).enqueue('twin.add', 1)
        high = Queue('high', connection=self.redis).enqueue('twin.add', 2)

        self.work('high', 'low')

        for job in (low, high):
            job.refresh()
        self.assertLess(high.started_at, low.started_at)

    def test_a_job_that_expired_in_the_queue_is_skipped(self):
        gone = self.queue.enqueue('twin.add', 1, ttl=60)
        job = self.queue.enqueue('twin.add', 2)
        self.redis.delete(gone.key)

        self.work()

        self.assertEqual(job.return_value(), 2)
        self.assertFalse(Job.exists(gone.id, connection=self.redis))
        self.assertEqual(self.redis.llen('rq:queue:q'), 0)

    def test_options_survive_the_run(self):
        job = self.queue.enqueue(
            'twin.add', 2, 3, job_id='my-own_id', description='two and three',
            meta={'who': 'me', 'n': [1, 2]}, job_timeout=30, result_ttl=600, failure_ttl=700, ttl=800)

        self.work()

        fetched = self.fetch('my-own_id')
        self.assertEqual(fetched.description, 'two and three')
        self.assertEqual(fetched.meta, {'who': 'me', 'n': [1, 2]})
        self.assertEqual((fetched.timeout, fetched.result_ttl, fetched.failure_ttl, fetched.ttl),
                         (30, 600, 700, 800))
        self.assertEqual((fetched.func_name, fetched.args, fetched.kwargs), ('twin.add', (2, 3), {}))
        self.assertEqual(fetched.origin, 'q')
        self.assertEqual(job.return_value(), 5)

    def test_meta_goes_in_and_comes_out(self):
        reader = self.queue.enqueue('twin.meta', meta={'n': 1, 'deep': {'x': (1, 2)}})
        writer = self.queue.enqueue('twin.set_meta', 'page', [7, 'of', 9], meta={'kept': True})

        self.work()

        self.assertEqual(reader.return_value(), {'n': 1, 'deep': {'x': (1, 2)}})
        self.assertEqual(writer.get_meta(refresh=True), {'kept': True, 'page': [7, 'of', 9]})

    def test_a_job_enqueues_another(self):
        job = self.queue.enqueue('twin.enqueue_another')

        self.work()

        other = self.fetch(job.return_value())
        self.assertEqual((other.func_name, other.args, other.origin), ('twin.add', (40, 2), 'q'))
        self.assertEqual(other.return_value(), 42)


class Values(InteropTest):
    def assert_same(self, value, expected, name):
        self.assertEqual(value, expected, name)
        self.assertEqual(repr(type(value)), repr(type(expected)), name)

    def test_pickled_values_come_back_as_they_went(self):
        jobs = {name: self.queue.enqueue('twin.echo', value, job_id=name)
                for name, value in twin.VALUES.items()}

        self.work()

        for name, job in jobs.items():
            with self.subTest(name):
                self.assertEqual(job.get_status(), 'finished', job.latest_result().exc_string)
                self.assert_same(job.return_value(), twin.VALUES[name], name)

    def test_json_values_come_back_as_they_went(self):
        queue = Queue('q', connection=self.redis, serializer=JSONSerializer)
        jobs = {name: queue.enqueue('twin.echo', twin.VALUES[name], job_id=name)
                for name in twin.JSON_NAMES}

        self.work()

        for name, job in jobs.items():
            with self.subTest(name):
                self.assert_same(job.return_value(), twin.VALUES[name], name)

    def test_results_of_cpp_types(self):
        expected = {
            'an_int': -5,
            'a_huge_int': 2**64 - 1,
            'a_big_integer': -(2**100),
            'a_double': 0.1,
            'a_bool': True,
            'a_string': 'häß\n',
            'some_bytes': b'\x00\xffx',
            'a_vector': [1, 2, 3],
            'a_map': {'a': 0.5, 'b': 2.0},
            'a_set': {'x', 'y'},
            'a_tuple': (1, 'two', False),
            'no_int': None,
            'a_decimal': decimal.Decimal('12.340'),
            'a_duration': datetime.timedelta(seconds=1.5),
            'a_time': datetime.datetime(2026, 11, 18, 11, 6, 40, 123456, timezone.utc),
            'nothing': None,
        }
        jobs = {name: self.queue.enqueue(f'twin.{name}') for name in expected}

        self.work()

        for name, job in jobs.items():
            with self.subTest(name):
                self.assertEqual(job.get_status(), 'finished')
                self.assert_same(job.return_value(), expected[name], name)


class Records(InteropTest):
    def test_the_job_tells_when_and_where_it_ran(self):
        began = datetime.datetime.now(timezone.utc)
        job = self.queue.enqueue('twin.add', 1)

        self.work('--name', 'worker-of-the-month', 'q')

        job.refresh()
        moments = [as_utc(moment) for moment in
                   (job.created_at, job.enqueued_at, job.started_at, job.ended_at)]
        self.assertEqual(moments, sorted(moments))
        self.assertLessEqual(began, moments[0])
        self.assertLessEqual(moments[-1], datetime.datetime.now(timezone.utc))
        self.assertLessEqual(moments[2], as_utc(job.last_heartbeat))
        self.assertEqual(job.worker_name, 'worker-of-the-month')

    def test_the_result_tells_about_its_run(self):
        job = self.queue.enqueue('twin.add', 1)

        self.work('--name', 'w1', 'q')

        result = job.latest_result()
        job.refresh()
        self.assertEqual(result.type, result.Type.SUCCESSFUL)
        self.assertEqual(result.job_id, job.id)
        age = datetime.datetime.now(timezone.utc) - as_utc(result.created_at)
        self.assertLess(abs(age.total_seconds()), 30)
        if RQ >= (2, 5):
            self.assertEqual(result.worker_name, 'w1')
        if RQ >= (2, 8):
            self.assertRegex(result.execution_id, '^[0-9a-f]{32}$')
            self.assertLessEqual(result.execution_started_at, result.execution_ended_at)

    def test_a_failure(self):
        job = self.queue.enqueue('twin.fail', 'the cat sat on the keyboard')

        self.work()

        self.assertEqual(job.get_status(), 'failed')
        self.assertTrue(job.is_failed)
        result = job.latest_result()
        self.assertEqual(result.type, result.Type.FAILED)
        for text in (result.exc_string, job.exc_info):
            self.assertEqual(text.strip().splitlines()[-1],
                             'std::runtime_error: the cat sat on the keyboard')
        self.assertIsNone(job.return_value())

    def test_failures_of_every_kind_say_what_happened(self):
        endings = {
            'twin.throw_no_exception': 'Unknown',
            'twin.crash': 'Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); ',
        }
        jobs = {name: self.queue.enqueue(name) for name in endings}

        self.work()

        for name, job in jobs.items():
            with self.subTest(name):
                self.assertEqual(job.get_status(), 'failed')
                self.assertIn(endings[name], job.latest_result().exc_string)

    def test_a_timeout(self):
        job, _ = self.hold_job(job_timeout=1)

        self.work('--grace', '0', 'q')

        self.assertEqual(job.get_status(), 'failed')
        self.assertIn('rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value '
                      '(1 seconds)', job.latest_result().exc_string)

    def test_each_run_leaves_a_result(self):
        job = self.queue.enqueue('twin.fail', 'one')
        self.work()

        job.requeue()
        self.work()

        results = job.results()
        self.assertEqual([result.type for result in results], [results[0].Type.FAILED] * 2)
        self.assertGreater(results[0].created_at, results[1].created_at)

    def test_fetch_many(self):
        ids = [self.queue.enqueue('twin.add', n).id for n in range(3)]
        ids.append(self.queue.enqueue('twin.fail', 'x').id)

        self.work()

        jobs = Job.fetch_many([*ids, 'no-such-job'], connection=self.redis)
        self.assertIsNone(jobs.pop())
        self.assertEqual([job.get_status(refresh=False) for job in jobs],
                         ['finished'] * 3 + ['failed'])
        self.assertEqual([job.id for job in jobs], ids)


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
        self.assertEqual(self.redis.keys('rqpp:*'), [])


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
