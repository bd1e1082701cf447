"""rqpp enqueues, a stock `rq worker` runs it in Python, rqpp reads what came of it."""

import unittest

import twin
from support import RQ, RQPP, InteropTest, JSONSerializer

WITHOUT_FORKS = ['--worker-class', 'rq.SimpleWorker']  # for many jobs at once


class Values(InteropTest):
    def assert_arrived(self, names, **options):
        """Python sees the arguments as they were meant, types included."""
        for name in names:
            with self.subTest(name):
                job = self.fetch(name, **options)
                value, = job.args
                self.assertEqual(value, twin.VALUES[name])
                self.assertEqual(type(value), type(twin.VALUES[name]))
                self.assertEqual((job.func_name, job.kwargs), ('twin.echo', {}))

    def test_pickled_values(self):
        self.produce('enqueue-trips', 'pickle')
        self.assertEqual(self.queue.count, len(twin.VALUES) + 1)
        self.assert_arrived(twin.VALUES)
        self.assert_described(twin.VALUES)

        self.python_work(*WITHOUT_FORKS, 'q')

        self.produce('check-trips', 'pickle')
        self.assertEqual(self.queue.finished_job_registry.count, len(twin.VALUES) + 1)

    def test_json_values(self):
        self.produce('enqueue-trips', 'json')
        self.assert_arrived(twin.JSON_NAMES, serializer=JSONSerializer)

        self.python_work(*WITHOUT_FORKS, '--serializer', 'rq.serializers.JSONSerializer', 'q')

        self.produce('check-trips', 'json')

    def assert_described(self, names):
        """As RQ would describe the call, which matters where the text is shown."""
        for name in names:
            if isinstance(twin.VALUES[name], (set, frozenset)):
                continue  # in any order
            with self.subTest(name):
                ours = self.fetch(name).description
                theirs = self.queue.enqueue('twin.echo', twin.VALUES[name], job_id='described')
                self.assertEqual(ours, theirs.description)
                theirs.delete()


class Callbacks(InteropTest):
    def test_of_cpp_are_left_to_cpp(self):
        """A name in RQ's own fields that Python cannot import would end its workers."""
        self.produce('scenario', 'callbacks')
        field = self.redis.hget('rq:job:j1', 'rqpp_callbacks')

        self.python_work()

        job = self.fetch('j1')
        self.assertEqual((job.get_status(), job.return_value()), ('finished', 5))
        self.assertFalse(job.success_callback or job.failure_callback or job.stopped_callback)
        self.assertEqual(self.redis.hget('rq:job:j1', 'rqpp_callbacks'), field)

    def test_run_where_cpp_runs_the_job(self):
        self.produce('scenario', 'callbacks')

        self.work()

        job = self.fetch('j1')
        self.assertEqual((job.get_status(), job.meta), ('finished', {'told': 5}))


class Outcomes(InteropTest):
    def test_a_failure_is_told(self):
        self.produce('scenario', 'failing')

        self.python_work()

        text = self.produce('show', 'j1')
        self.assertIn('status failed\n', text)
        self.assertRegex(text, r'error .*ValueError: boom')
        self.assertRegex(text, r'(?s)exc_info Traceback.*ValueError: boom')

    def test_the_python_worker_is_named(self):
        self.produce('scenario', 'plain')

        self.python_work('--name', 'w1', 'q')

        text = self.produce('show', 'j1')
        self.assertIn('status finished\n', text)
        self.assertIn('result 5\n', text)
        self.assertIn('run 1 by w1\n' if RQ >= (2, 5) else 'run 1 by \n', text)

    def test_a_function_that_python_lacks_fails_the_job(self):
        self.queue.enqueue('twin.no_such_thing', job_id='j1')

        self.python_work()

        self.assertIn('status failed\n', self.produce('show', 'j1'))

    def test_a_producer_waits_for_a_python_worker(self):
        self.start_python_worker()

        self.assertEqual(self.produce('add-and-wait', '10'), '55\n')

    def test_options_mean_the_same(self):
        for name, expected in (('timeout', {'timeout': 30}), ('no timeout', {'timeout': -1}),
                               ('ttl', {'ttl': 50}), ('result_ttl 30', {'result_ttl': 30}),
                               ('failure_ttl -1', {'failure_ttl': -1}),
                               ('described', {'description': 'two and three'}),
                               ('meta', {'meta': {'who': 'me', 'n': 1}})):
            with self.subTest(name):
                self.redis.flushall()
                self.produce('scenario', name)

                job = self.fetch('j1')

                self.assertEqual({key: getattr(job, key) for key in expected}, expected)
                self.assertEqual(job.get_status(), 'queued')
                self.assertEqual(self.queue.job_ids, ['j1'])


class Control(InteropTest):
    def test_cancel_of_what_python_runs(self):
        job, folder = self.hold_job()
        worker = self.start_python_worker()
        self.wait_until_running(folder)

        self.produce('cancel', job.id)

        self.assertEqual(job.get_status(), 'canceled')
        self.assertEqual(self.queue.canceled_job_registry.get_job_ids(), [job.id])
        self.assertEqual(self.queue.started_job_registry.count, 0)
        self.release(folder)
        worker.signal(15)
        worker.wait()

    def test_delete_of_what_python_runs(self):
        job, folder = self.hold_job()
        self.start_python_worker()
        self.wait_until_running(folder)

        self.produce('delete', job.id)

        self.assertEqual([key for key in self.redis.keys('rq:*') if job.id.encode() in key], [])
        self.assertEqual(self.queue.started_job_registry.count, 0)
        self.release(folder)

    def test_requeue_of_what_failed_in_python(self):
        job = self.queue.enqueue('twin.fail', 'x')
        self.python_work()

        self.produce('requeue', job.id)

        self.assertEqual(job.get_status(), 'queued')
        self.assertEqual(self.queue.job_ids, [job.id])
        self.assertEqual(self.queue.failed_job_registry.count, 0)
        self.python_work()
        self.assertEqual(job.get_status(), 'failed')
        self.assertEqual(len(job.results()), 2)

    def test_emptying_the_queue(self):
        for n in range(3):
            self.queue.enqueue('twin.add', n)

        self.produce('empty')

        self.assertEqual(self.queue.count, 0)
        self.assertEqual(self.redis.keys('rq:job:*'), [])


class CommandLine(InteropTest):
    def rqpp(self, *words, expected_exit=0):
        return self.run_to_end([RQPP, *words, '--url', self.server.url], expected_exit)

    def test_enqueue_says_the_same_as_rq(self):
        words = ['--queue', 'q', 'twin.describe', 'text', ':{"json": [1, 2.5, null]}', '%(1, "two")',
                 'key=word', 'number:=3', 'literal%={4, 5}']
        self.run_to_end(self.rq_command('enqueue', *words))
        theirs = self.fetch(self.queue.job_ids[0])
        self.queue.empty()

        self.rqpp('enqueue', *words)

        ours = self.fetch(self.queue.job_ids[0])
        self.assertEqual((ours.func_name, ours.args, ours.kwargs, ours.timeout),
                         (theirs.func_name, tuple(theirs.args), theirs.kwargs, theirs.timeout))
        self.assertEqual(ours.description, theirs.description)

    def test_enqueue_and_wait(self):
        self.start_python_worker()

        text = self.rqpp('enqueue', '--queue', 'q', '--wait', 'twin.add', ':40', 'b:=2')

        self.assertEqual(text.split()[-1], '42')

    def test_the_result_of_a_python_worker(self):
        job = self.queue.enqueue('twin.add', 40, 2)
        self.python_work()

        self.assertEqual(self.rqpp('job', 'result', job.id).split()[-1], '42')

    def test_the_failure_of_a_python_worker(self):
        job = self.queue.enqueue('twin.fail', 'the cat sat on the keyboard')
        self.python_work()

        text = self.rqpp('job', 'result', job.id, expected_exit=1)

        self.assertIn('ValueError: the cat sat on the keyboard', text)


if __name__ == '__main__':
    unittest.main()
