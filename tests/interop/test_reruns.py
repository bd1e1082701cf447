"""Jobs that run more than once, with RQ on one side and rqpp on the other."""

import time
import unittest

from rq import Retry
from rq.scheduler import RQScheduler

from support import RQ, InteropTest, wait_for

try:
    from rq import Repeat
except ImportError:
    Repeat = None  # before RQ 2.3


class Reruns(InteropTest):
    def types(self, job_id='j1'):
        """The results, the oldest first."""
        return [result.type.value for result in reversed(self.fetch(job_id).results())]

    def status(self):
        return self.fetch('j1').get_status()

    def queued(self):
        return [job_id.decode() for job_id in self.redis.lrange('rq:queue:q', 0, -1)]

    def schedule(self):
        """Lets RQ's scheduler enqueue what is due, once there is anything."""
        wait_for(lambda: self.redis.zcount('rq:scheduled:q', 0, int(time.time())), 'the due time')
        scheduler = RQScheduler(['q'], self.redis)
        scheduler.acquire_locks()
        scheduler.enqueue_scheduled_jobs()


class CppEnqueues(Reruns):
    def test_retries(self):
        self.produce('scenario', 'retry')

        self.python_work()

        job = self.fetch('j1')
        self.assertEqual((job.get_status(), job.retries_left), ('failed', 0))

    def test_a_retry_that_waits(self):
        self.produce('scenario', 'retry waits')

        self.python_work()

        job = self.fetch('j1')
        self.assertEqual((job.get_status(), job.retries_left, job.retry_intervals),
                         ('scheduled', 2, [60, 90]))
        self.assert_score('rq:scheduled:q', 'j1', 60)

    @unittest.skipIf(RQ < (2, 3), 'RQ repeats from 2.3 on')
    def test_repeats(self):
        self.produce('scenario', 'repeat')

        self.python_work()

        self.assertEqual((self.status(), self.fetch('j1').repeats_left), ('finished', 0))
        self.assertEqual(self.types(), [1, 1, 1])

    @unittest.skipIf(RQ < (2, 3), 'RQ repeats from 2.3 on')
    def test_a_repeat_that_waits(self):
        self.produce('scenario', 'repeat waits')

        self.python_work()

        # RQ before 2.8 leaves the word of the run that is over.
        status = 'scheduled' if RQ >= (2, 8) else 'finished'
        self.assertEqual((self.status(), self.fetch('j1').repeats_left), (status, 2))
        self.assert_score('rq:scheduled:q', 'j1', 60 if RQ >= (3, 0) else 90)

    def test_the_command_line_writes_what_that_of_rq_writes(self):
        words = ['--queue', 'q', '--retry-max', '3', '--retry-interval', '5', '--retry-interval', '60']
        self.run_to_end(self.rq_command('enqueue', *words, '--job-id', 'there', 'twin.add', ':1'))
        self.run_to_end(self.rqpp_command('enqueue', *words, '--job-id', 'here', 'twin.add', ':1'))

        fields = ['retries_left', 'retry_intervals', 'enqueue_at_front_on_retry']
        self.assertEqual(self.redis.hmget('rq:job:there', fields), [b'3', b'[5, 60]', None])
        self.assertEqual(self.redis.hmget('rq:job:here', fields), [b'3', b'[5, 60]', None])


class CppRuns(Reruns):
    @unittest.skipIf(RQ < (2, 3), 'RQ repeats from 2.3 on')
    def test_what_python_repeats(self):
        job = self.queue.enqueue('twin.add', 2, 3, job_id='j1', repeat=Repeat(times=3))

        self.work()

        self.assertEqual((self.status(), self.fetch('j1').repeats_left), ('finished', 0))
        self.assertEqual([result.return_value for result in job.results()], [5] * 4)

    @unittest.skipIf(RQ < (2, 3), 'RQ repeats from 2.3 on')
    def test_repeats_by_workers_of_both(self):
        self.queue.enqueue('twin.add', 2, 3, job_id='j1', repeat=Repeat(times=3))

        self.work('--max-jobs', '1', 'q')
        self.python_work('--max-jobs', '1', 'q')
        self.work('--max-jobs', '1', 'q')
        self.python_work()

        self.assertEqual((self.status(), self.types()), ('finished', [1, 1, 1, 1]))

    @unittest.skipIf(RQ < (2, 3), 'RQ repeats from 2.3 on')
    def test_the_waits_of_a_repeat_are_those_of_rq_3(self):
        self.queue.enqueue('twin.add', 2, 3, job_id='j1', repeat=Repeat(times=3, interval=[60, 90]))

        self.work()

        self.assertEqual(self.redis.hget('rq:job:j1', 'repeat_intervals'), b'[90]')
        self.assert_score('rq:scheduled:q', 'j1', 60)

    def test_retries_that_wait_for_fractions_of_seconds(self):
        self.queue.enqueue('twin.fail', 'no', job_id='j1', retry=Retry(max=2, interval=[0.2, 1]))

        self.start_worker('--with-scheduler', 'q')

        wait_for(lambda: self.status() == 'failed', 'the last retry')
        self.assertEqual(self.fetch('j1').retries_left, 0)

    @unittest.skipIf(RQ < (2, 3), 'RQ repeats from 2.3 on')
    def test_repeats_that_wait_for_fractions_of_seconds(self):
        self.queue.enqueue('twin.add', 2, 3, job_id='j1', repeat=Repeat(times=2, interval=[0.2, 0.5]))

        self.start_worker('--with-scheduler', 'q')

        wait_for(lambda: self.types() == [1, 1, 1], 'the last repeat')

    @unittest.skipIf(RQ < (2, 8), 'RQ has all these types from 2.8 on')
    def test_python_reads_every_kind_of_result(self):
        job = self.queue.enqueue('twin.ask_again', 2, [0], job_id='j1')

        self.work()

        self.assertEqual((self.status(), self.types()), ('failed', [4, 4, 5]))
        self.assertEqual(self.fetch('j1').number_of_retries, 2)
        self.assertEqual([result.return_value for result in job.results()], [None] * 3)
        self.assertEqual(self.registry_ids('failed'), ['j1'])

    @unittest.skipIf(RQ < (2, 1), 'a task of Python can ask from 2.1 on')
    def test_runs_that_the_task_asks_for_are_counted_by_both(self):
        self.queue.enqueue('twin.ask_again', 3, [0], job_id='j1')

        self.work('--max-jobs', '1', 'q')
        self.python_work('--max-jobs', '1', 'q')
        self.work('--max-jobs', '1', 'q')

        self.assertEqual(self.fetch('j1').number_of_retries, 3)
        self.assertEqual(self.types(), [4, 4, 4])
        self.work()
        self.assertEqual(self.status(), 'failed')

    @unittest.skipIf(RQ < (2, 1), 'a task of Python can ask from 2.1 on')
    def test_cpp_reads_that_a_task_of_python_asked(self):
        self.queue.enqueue('twin.ask_first', str(self.temporary_folder() / 'seen'), 1, job_id='j1')

        self.python_work('--name', 'w1', 'q')

        # Before 2.5 nobody says who ran it.
        worker = 'w1' if RQ >= (2, 5) else ''
        self.assertEqual(self.produce('show', 'j1').splitlines()[:4],
                         ['status finished', "result 'done'", f'run 1 by {worker}', f'run 4 by {worker}'])

    def test_a_task_that_throws_or_returns_its_wish(self):
        for name, count in (('ask_first', 5), ('throw_first', None)):
            with self.subTest(name):
                self.redis.flushall()
                path = str(self.temporary_folder() / 'seen')
                words = [path] if count is None else [path, count]
                job = self.queue.enqueue(f'twin.{name}', *words, job_id='j1')
                self.work()
                self.assertEqual((self.status(), job.return_value()), ('finished', 'done'))
                self.assertEqual(self.redis.hget('rq:job:j1', 'number_of_retries'), b'1')
                self.assertEqual(self.redis.xlen('rq:results:j1'), 2)

    def test_a_snooze_leaves_nothing(self):
        path = str(self.temporary_folder() / 'seen')
        job = self.queue.enqueue('twin.snooze_first', path, 1, job_id='j1', retry=Retry(max=2))

        self.work()
        self.assertEqual((self.status(), self.fetch('j1').retries_left), ('scheduled', 2))
        self.assertEqual(self.redis.exists('rq:results:j1', 'rq:failed:q', 'rq:wip:q'), 0)

        self.schedule()
        self.work()
        self.assertEqual((self.status(), job.return_value()), ('finished', 'done'))
        self.assertEqual(self.redis.xlen('rq:results:j1'), 1)

    def test_a_task_that_fails_for_good(self):
        job = self.queue.enqueue('twin.fail_for_good', job_id='j1', retry=Retry(max=2))

        self.work()

        self.assertEqual((self.status(), self.fetch('j1').retries_left), ('failed', 2))
        self.assertIn('NoVideo: this is a picture', job.latest_result().exc_string)

    @unittest.skipIf(RQ < (2, 8), 'RQ retries at the front from 2.8 on')
    def test_a_retry_that_waited_goes_to_the_front(self):
        self.queue.enqueue('twin.fail', 'x', job_id='j1',
                           retry=Retry(max=1, interval=1, enqueue_at_front=True))
        self.work()
        self.queue.enqueue('twin.add', 1, job_id='j2')

        self.schedule()

        self.assertEqual(self.queued(), ['j1', 'j2'])

    @unittest.skipIf(RQ < (3,), 'RQ keeps the place of such a run from 3.0 on')
    def test_a_run_that_the_task_asks_for_at_the_front_stays_there_when_it_waits(self):
        for name, work in (('rq', self.python_work), ('rqpp', self.work)):
            with self.subTest(name):
                self.redis.flushall()
                self.queue.enqueue('twin.ask_again', 2, [1], True, job_id='j1')
                work('--max-jobs', '1', 'q')
                self.assertEqual(self.redis.hget('rq:job:j1', 'enqueue_at_front_on_retry'), b'1')
                self.queue.enqueue('twin.add', 1, job_id='j2')

                self.schedule()

                self.assertEqual(self.queued(), ['j1', 'j2'])

    def test_absurd_fields_fail_the_job_alone(self):
        for field, value in (('retry_intervals', '["1"]'), ('repeat_intervals', '{}'),
                             ('repeats_left', 'many'), ('number_of_retries', '1e9')):
            with self.subTest(field):
                self.redis.flushall()
                self.queue.enqueue('twin.add', 1, job_id='j1')
                self.redis.hset('rq:job:j1', field, value)
                self.work()
                self.assertEqual(self.redis.hget('rq:job:j1', 'status'), b'failed')
                self.assertIn(field, self.produce('show', 'j1'))

    def test_absurd_numbers_are_no_trouble(self):
        self.queue.enqueue('twin.add', 1, job_id='j1')
        self.redis.hset('rq:job:j1', mapping={
            'repeats_left': 2**63 - 1, 'repeat_intervals': f'[{2**63 - 1}]'})

        self.work()

        self.assertEqual(self.redis.hget('rq:job:j1', 'status'), b'scheduled')
        self.assertEqual(self.redis.hget('rq:job:j1', 'repeats_left'), str(2**63 - 2).encode())


if __name__ == '__main__':
    unittest.main()
