"""Stock RQ enqueues, rqpp runs it in C++, stock RQ reads what came of it."""

import datetime
import decimal
import unittest
from datetime import timezone

from rq import Callback, Queue, Retry
from rq.job import Job

import twin
from support import RQ, RQPP, InteropTest, JSONSerializer, wait_for


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


def ignore(job, connection, *outcome):
    """What only Python can call."""


class Callbacks(InteropTest):
    """RQ's own fields may name tasks of C++: then they are run as RQ would run them."""

    def told(self, job):
        return self.fetch(job.id).meta.get('told')

    def test_of_success(self):
        job = self.queue.enqueue('twin.add', 2, 3, on_success=Callback('twin.note'))

        self.work()

        self.assertEqual((job.get_status(), self.told(job)), ('finished', 5))

    def test_of_success_that_fails(self):
        job = self.queue.enqueue('twin.add', 2, 3, on_success=Callback('twin.fail'),
                                 on_failure=Callback('twin.note'))

        self.work()

        self.assertEqual(job.get_status(), 'failed')
        self.assertIn("Its callback 'twin.fail' failed:", job.latest_result().exc_string)
        self.assertIn("Its callback 'twin.fail' failed:", self.told(job))

    def test_of_failure(self):
        job = self.queue.enqueue('twin.fail', 'boom', on_failure=Callback('twin.note'))

        self.work()

        self.assertEqual((job.get_status(), self.told(job)),
                         ('failed', job.latest_result().exc_string))

    def test_of_failure_before_a_retry(self):
        job = self.queue.enqueue('twin.fail', 'boom', retry=Retry(1),
                                 on_failure=Callback('twin.note'))

        self.work('--max-jobs', '1', 'q')

        self.assertEqual(job.get_status(), 'queued')
        self.assertIn('boom', self.told(job))

    def test_of_a_timeout(self):
        job, _ = self.hold_job(job_timeout=1, on_failure=Callback('twin.note'))

        self.work('--grace', '0', 'q')

        self.assertEqual((job.get_status(), self.told(job)),
                         ('failed', job.latest_result().exc_string))

    def test_its_timeout_counts(self):
        job = self.queue.enqueue('twin.add', 2, 3, on_success=Callback('twin.oversleep', timeout=1))

        self.work('--grace', '0', 'q')

        self.assertEqual(job.get_status(), 'failed')
        self.assertIn('maximum timeout value (1 seconds)', job.latest_result().exc_string)

    def test_those_of_python_are_left_to_python(self):
        """They are not run, the log says so once, and the job's outcome is its own."""
        callback = Callback(ignore)
        good = self.queue.enqueue('twin.add', 2, 3, on_success=callback, on_failure=callback)
        bad = self.queue.enqueue('twin.fail', 'boom', on_success=callback, on_failure=callback)

        log = self.work()

        self.assertEqual((good.get_status(), bad.get_status()), ('finished', 'failed'))
        for job in (good, bad):
            self.assertEqual(log.count(f"job {job.id}: its callback '{callback.name}' is not run"), 1)


class IdsUsedAgain(InteropTest):
    """While the first job of an id runs its id is given to another one, which is what its producer said."""

    def check(self, take_away):
        _, folder = self.hold_job(job_id='j1', retry=Retry(max=3), result_ttl=-1)
        self.start_worker('q')
        self.wait_until_running(folder)

        take_away()
        self.queue.enqueue('twin.add', 2, 3, job_id='j1', result_ttl=500)
        self.release(folder)
        wait_for(lambda: self.fetch('j1').get_status() == 'finished', 'the end of the new job')

        self.assertEqual(self.fetch('j1').return_value(), 5)
        self.assertEqual(self.redis.xlen('rq:results:j1'), 1)
        self.assert_lives('rq:results:j1', 500)
        self.assertEqual(self.registry_ids('finished'), ['j1'])
        self.redis.flushall()

    def test_the_run_of_the_old_one_ends_nothing(self):
        self.check(lambda: self.fetch('j1').delete())
        self.check(lambda: self.run_to_end([RQPP, 'job', 'delete', '--url', self.server.url, 'j1']))
        self.check(lambda: None)  # RQ writes over the old hash


if __name__ == '__main__':
    unittest.main()
