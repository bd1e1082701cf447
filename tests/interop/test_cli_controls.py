"""What rqpp's command line tells stock Python workers, and what RQ's command line tells ours."""

import unittest

from rq.registry import FailedJobRegistry
from rq.suspension import is_suspended

from support import RQ, InteropTest, wait_for


class Commands(InteropTest):
    """rqpp gives orders; a Python worker obeys."""

    def setUp(self):
        super().setUp()
        self.job, self.folder = self.hold_job()
        self.worker = self.start_python_worker('--name', 'w1', 'q')
        self.horse = self.wait_until_running(self.folder)
        # The worker listens in a thread of its own.
        wait_for(lambda: self.redis.pubsub_numsub('rq:pubsub:w1')[0][1] == 1, 'the subscription')

    def rqpp(self, *words, expected_exit=0):
        return self.run_to_end(self.rqpp_command(*words), expected_exit)

    def rqpp_command(self, *words):
        command = super().rqpp_command(words[0])
        return [command[0], *words, *command[2:]]

    def test_stop_of_a_job(self):
        self.assertIn(f"told worker 'w1' to stop job '{self.job.id}'",
                      self.rqpp('job', 'stop', self.job.id))

        wait_for(lambda: self.job.get_status(refresh=True) == 'stopped', 'the end of the job')
        self.assertEqual(self.registry_ids('failed'), [self.job.id])
        self.assertIsNone(self.worker.process.poll())

    def test_kill(self):
        self.rqpp('workers', 'kill', 'w1')

        wait_for(lambda: self.job.get_status(refresh=True) == 'failed', 'the end of the job')
        self.assertIsNone(self.worker.process.poll())

    def test_drain(self):
        drain = self.start(self.rqpp_command('workers', 'drain', 'w1'))
        wait_for(lambda: f"it runs job '{self.job.id}'" in drain.log, 'a word of what drain waits for')
        self.release(self.folder)

        self.assertEqual(drain.wait(), 0, drain.log)
        self.assertIn("worker 'w1' has ended", drain.log)
        self.assertEqual(self.worker.wait(), 0)
        self.assertEqual(self.job.get_status(refresh=True), 'finished')


class Suspension(InteropTest):
    def test_both_command_lines_mean_the_same(self):
        self.run_to_end(self.rqpp_command('suspend'))
        self.assertTrue(is_suspended(self.redis))
        self.run_to_end(self.rq_command('worker', '--burst', 'q'), expected_exit=1)
        self.run_to_end(self.rq_command('resume'))
        self.run_to_end(self.worker_command('--burst', 'q'))

        self.run_to_end(self.rq_command('suspend', '--duration', '60'))
        self.assertIn('RQ is currently suspended',
                      self.run_to_end(self.worker_command('--burst', 'q'), expected_exit=1))
        self.run_to_end(self.rqpp_command('resume'))
        self.assertFalse(is_suspended(self.redis))


class Failed(InteropTest):
    def test_requeue_of_what_failed_in_python(self):
        jobs = [self.queue.enqueue('twin.fail', str(n)) for n in range(3)]
        self.python_work()
        self.assertEqual(FailedJobRegistry(queue=self.queue).count, 3)

        log = self.run_to_end(self.rqpp_command('requeue', '--queue', 'q', '--all'))

        self.assertIn('3 jobs requeued', log)
        self.assertEqual(sorted(self.queue.job_ids), sorted(job.id for job in jobs))
        self.assertEqual(jobs[0].get_status(refresh=True), 'queued')
        self.python_work()
        self.assertEqual(FailedJobRegistry(queue=self.queue).count, 3)

    def test_emptying_the_queue(self):
        job = self.queue.enqueue('twin.add', 1)

        self.assertIn('1 jobs removed from q queue', self.run_to_end(self.rqpp_command('empty', 'q')))

        self.assertEqual(self.queue.count, 0)
        self.assertFalse(self.redis.exists(job.key))


if __name__ == '__main__':
    unittest.main()
