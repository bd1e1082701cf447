"""The example of RQ 1.11, as its repository has it, with our worker; and RQ 1.11's worker with our jobs.

That RQ knows no streams of results: it reads in the job's hash how a job ended.
"""

import sys
import unittest
import zlib

from support import HERE, RQPP, InteropTest

STORY = HERE / 'story'
# The story's `with Connection():` means localhost:6379; here it means the server of this test.
RUN = ('import sys, runpy, redis, rq.connections; '
       'rq.connections.Redis = lambda: redis.Redis(unix_socket_path=sys.argv[1]); '
       'runpy.run_path(sys.argv[2], run_name="__main__")')


class Story(InteropTest):
    def python(self, *words):
        return self.run_to_end([sys.executable, *words], TERM='dumb', PYTHONPATH=str(STORY))

    def test_the_example_shows_every_result(self):
        self.start(self.worker_command('default'))

        shown = self.python('-c', RUN, self.server.socket, STORY / 'run_example.py')

        last = shown[shown.rindex('Asynchronously'):]
        self.assertIn('fib(20) = 10946\n', last)
        self.assertIn('fib(33) = 5702887\n', last)
        self.assertNotIn('(calculating)', last)
        self.assertTrue(last.endswith('Done\n'), last)

    def test_the_text_of_a_failure_is_in_the_hash(self):
        job = self.queue.enqueue('fib.no_such_task', job_id='j1')

        self.work()

        job.refresh()
        self.assertEqual(job.get_status(), 'failed')
        self.assertIn('no_such_task', job.exc_info)
        self.assertEqual(zlib.decompress(self.redis.hget('rq:job:j1', 'exc_info')).decode(), job.exc_info)

    def test_a_failure_is_forgotten_by_the_success_after_it(self):
        job = self.queue.enqueue('twin.fail', 'no', job_id='j1')
        self.work()
        self.assertIn('no', self.fetch('j1').exc_info)

        self.queue.enqueue('twin.add', 2, 3, job_id='j2')
        self.redis.hset('rq:job:j1', 'data', self.redis.hget('rq:job:j2', 'data'))
        self.fetch('j1').requeue()
        self.work()

        job = self.fetch('j1')
        self.assertEqual((job.return_value, job.exc_info or ''), (5, ''))

    def test_nothing_is_added_for_other_producers(self):
        self.run_to_end(self.rqpp_command('enqueue', '-q', 'q', '--job-id', 'j1', 'twin.add', ':2', ':3'))

        self.work()

        self.assertEqual(self.redis.hget('rq:job:j1', 'status'), b'finished')
        self.assertFalse(self.redis.hexists('rq:job:j1', 'result'))

    def test_its_worker_runs_our_jobs(self):
        said = self.run_to_end(self.rqpp_command('enqueue', '--job-id', 'j1', 'fib.slow_fib', ':20'))
        self.assertIn('j1', said)

        self.python('-m', 'rq.cli', 'worker', '--burst', '-u', self.server.url)

        self.assertEqual(self.redis.hget('rq:job:j1', 'status'), b'finished')
        self.assertEqual(self.run_to_end([RQPP, 'job', 'result', 'j1', '--url', self.server.url]), '10946\n')


if __name__ == '__main__':
    unittest.main()
