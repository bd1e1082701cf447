"""What RQ's commands and command line tell a running worker of ours, and what our command line does."""

import json
import time
import unittest

from rq import Retry, Worker
from rq.command import send_kill_horse_command, send_shutdown_command, send_stop_job_command

from support import EXECUTIONS, InteropTest, wait_for


class WithWorker(InteropTest):
    """With worker w1 of rqpp."""

    def setUp(self):
        super().setUp()
        self.begin()

    def begin(self, *words):
        self.worker = self.start_worker('--name', 'w1', *words, 'q')
        wait_for(lambda: self.redis.pubsub_numsub('rq:pubsub:w1')[0][1] == 1, 'the subscription')

    def hold(self, **options):
        """A job that runs until it is released."""
        job, folder = self.hold_job(**options)
        self.wait_until_running(folder)
        wait_for(lambda: self.status_of(job) == 'started', 'the start')
        return job, folder

    def status_of(self, job):
        return job.get_status(refresh=True)

    def await_status(self, job, status):
        wait_for(lambda: self.status_of(job) == status, f'{status} of job {job.id}')

    def state(self):
        return self.redis.hget('rq:worker:w1', 'state').decode()

    def rqpp(self, *words):
        return self.run_to_end(self.rqpp_words(*words))

    def rqpp_words(self, *words):
        command = self.rqpp_command(words[0])
        return [command[0], *words, *command[2:]]

    def assert_works_on(self):
        """The worker is there, and takes the next job."""
        job = self.queue.enqueue('twin.add', 1, 2)
        self.await_status(job, 'finished')
        self.assertIsNone(self.worker.process.poll())

    def assert_put_back(self, job):
        self.assertEqual(self.status_of(job), 'queued')
        self.assertEqual(self.queue.job_ids, [job.id])
        self.assertEqual(self.registry_ids('wip'), [])
        self.assertEqual(self.redis.keys('rq:execution*'), [])


class Commands(WithWorker):
    """Published by RQ's own functions."""

    def test_stop_job(self):
        job, _ = self.hold(retry=Retry(max=3))

        send_stop_job_command(self.redis, job.id)

        self.await_status(job, 'stopped')
        self.assertEqual(self.registry_ids('failed'), [job.id])
        self.assertEqual(self.queue.job_ids, [])
        job.refresh()
        self.assertEqual(job.retries_left, 3)
        if EXECUTIONS:
            self.assertIn('Job stopped by user, work-horse terminated', job.latest_result().exc_string)
        self.assert_works_on()

    def test_stop_of_another_job(self):
        job, folder = self.hold()

        self.redis.publish('rq:pubsub:w1', json.dumps({'command': 'stop-job', 'job_id': 'other'}))
        self.release(folder)

        self.await_status(job, 'finished')

    # RQ sends this one after 2.12.
    def test_stop_execution(self):
        job, _ = self.hold()
        execution = self.registry_ids('wip')[0].split(':')[1]
        message = {'command': 'stop-execution', 'job_id': job.id}

        self.redis.publish('rq:pubsub:w1', json.dumps({**message, 'execution_id': 'an-earlier-one'}))
        self.redis.publish('rq:pubsub:w1', json.dumps({**message, 'execution_id': execution}))

        self.await_status(job, 'stopped')
        self.assert_works_on()

    def test_kill_horse(self):
        job, _ = self.hold()

        send_kill_horse_command(self.redis, 'w1')

        self.await_status(job, 'failed')
        self.assertIn('kill-horse', job.latest_result().exc_string)
        self.assert_works_on()

    def test_kill_horse_while_idle(self):
        send_kill_horse_command(self.redis, 'w1')

        self.assert_works_on()

    def test_shutdown(self):
        job, folder = self.hold()
        left = self.queue.enqueue('twin.add', 1, 2)

        send_shutdown_command(self.redis, 'w1')
        wait_for(lambda: self.redis.hget('rq:worker:w1', 'shutdown_requested_date'), 'the note of it')
        self.release(folder)

        self.assertEqual(self.worker.wait(), 0, self.worker.log)
        self.assertEqual(self.status_of(job), 'finished')
        self.assertEqual(self.status_of(left), 'queued')
        self.assertEqual(Worker.count(connection=self.redis), 0)

    def test_shutdown_while_idle(self):
        send_shutdown_command(self.redis, 'w1')

        self.assertEqual(self.worker.wait(), 0, self.worker.log)

    def test_two_shutdowns_put_the_job_back(self):
        job, _ = self.hold()

        # As with Ctrl-C, what comes within a second counts as one.
        def ended():
            send_shutdown_command(self.redis, 'w1')
            return self.worker.process.poll() is not None

        wait_for(ended, 'the end of the worker')

        self.assertEqual(self.worker.wait(), 0, self.worker.log)
        self.assert_put_back(job)


class Suspension(WithWorker):
    def suspend(self, *words):
        self.run_to_end(self.rq_command('suspend', *words))

    def await_state(self, state):
        wait_for(lambda: self.state() == state, f'state {state}')

    def test_of_an_idle_worker(self):
        self.await_state('idle')

        self.suspend()
        self.await_state('suspended')
        job = self.queue.enqueue('twin.add', 1, 2)
        worker, = Worker.all(connection=self.redis)
        self.assertEqual(worker.get_state(), 'suspended')
        self.assert_nothing_waits_for_arrivals()
        self.assertEqual(self.status_of(job), 'queued')

        self.run_to_end(self.rq_command('resume'))
        resumed = time.monotonic()
        self.await_status(job, 'finished')
        self.assertLess(time.monotonic() - resumed, 2)
        self.await_state('idle')

    def test_of_a_busy_worker(self):
        job, folder = self.hold()
        left = self.queue.enqueue('twin.add', 1, 2)

        self.suspend()
        wait_for(lambda: self.redis.exists('rq:suspended'), 'the suspension')
        self.release(folder)
        self.await_status(job, 'finished')
        self.await_state('suspended')
        self.assertEqual(self.status_of(left), 'queued')

        self.rqpp('resume')
        self.await_status(left, 'finished')

    def test_for_some_time(self):
        self.suspend('--duration', '1')
        self.await_state('suspended')

        job = self.queue.enqueue('twin.add', 1, 2)

        self.await_status(job, 'finished')  # nobody resumes it
        self.await_state('idle')

    def test_by_our_own_command_line(self):
        self.rqpp('suspend')
        self.await_state('suspended')
        job = self.queue.enqueue('twin.add', 1, 2)
        self.assert_nothing_waits_for_arrivals()
        self.assertEqual(self.status_of(job), 'queued')

        self.rqpp('resume')

        self.await_status(job, 'finished')

    def test_a_suspended_worker_ends_when_told(self):
        self.suspend()
        self.await_state('suspended')

        send_shutdown_command(self.redis, 'w1')

        self.assertEqual(self.worker.wait(), 0, self.worker.log)

    def assert_nothing_waits_for_arrivals(self):
        wait_for(lambda: self.redis.info('clients')['blocked_clients'] == 0, 'the end of the waits')


class OurCommandLine(WithWorker):
    def test_stop_of_a_job(self):
        job, _ = self.hold()

        self.assertIn(f"told worker 'w1' to stop job '{job.id}'", self.rqpp('job', 'stop', job.id))

        self.await_status(job, 'stopped')
        self.assert_works_on()

    def test_kill(self):
        job, _ = self.hold()

        self.rqpp('workers', 'kill', 'w1')

        self.await_status(job, 'failed')
        self.assert_works_on()

    def test_stop(self):
        job, folder = self.hold()

        self.rqpp('workers', 'stop', 'w1')
        self.release(folder)

        self.assertEqual(self.worker.wait(), 0, self.worker.log)
        self.assertEqual(self.status_of(job), 'finished')

    def test_drain(self):
        job, folder = self.hold()

        drain = self.start(self.rqpp_words('workers', 'drain', 'w1'))
        wait_for(lambda: f"it runs job '{job.id}'" in drain.log, 'a word of what drain waits for')
        self.release(folder)

        self.assertEqual(drain.wait(), 0, drain.log)
        self.assertIn("worker 'w1' has ended", drain.log)
        self.assertEqual(self.worker.wait(), 0, self.worker.log)
        self.assertEqual(self.status_of(job), 'finished')


class StopTimeout(WithWorker):
    def begin(self, *words):
        super().begin('--stop-timeout', '0', *words)

    def test_puts_the_job_back(self):
        job, _ = self.hold()

        send_shutdown_command(self.redis, 'w1')

        self.assertEqual(self.worker.wait(), 0, self.worker.log)
        self.assert_put_back(job)


class Retries(InteropTest):
    def test_at_once_until_none_is_left(self):
        job = self.queue.enqueue('twin.fail', 'x', retry=Retry(max=2))

        self.work()

        self.assertEqual(job.get_status(refresh=True), 'failed')
        job.refresh()
        self.assertEqual(job.retries_left, 0)
        self.assertEqual(self.registry_ids('failed'), [job.id])

    def test_later(self):
        job = self.queue.enqueue('twin.fail', 'x', retry=Retry(max=2, interval=[60, 90]))

        self.work()

        self.assertEqual(job.get_status(refresh=True), 'scheduled')
        job.refresh()
        self.assertEqual(job.retries_left, 1)
        self.assert_score('rq:scheduled:q', job.id, 60)
        self.assertEqual(self.registry_ids('failed'), [])

    def test_pythons_scheduler_brings_it_back(self):
        job = self.queue.enqueue('twin.fail', 'x', retry=Retry(max=1, interval=1))
        self.work()
        self.assertEqual(job.get_status(refresh=True), 'scheduled')

        self.start(self.rq_command('worker', '--with-scheduler', 'elsewhere', 'q'))

        wait_for(lambda: job.get_status(refresh=True) == 'failed', 'the second failure')
        self.assertEqual(self.registry_ids('scheduled'), [])


if __name__ == '__main__':
    unittest.main()
