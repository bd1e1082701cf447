"""What stock RQ sees of rqpp workers, and what it does when they die."""

import os
import signal
import unittest

from rq import Queue, Worker
from rq.registry import clean_registries

from support import EXECUTIONS, RQ, InteropTest, wait_for

COUNTS = RQ >= (1, 16)  # `rq info` of older versions says less


class Workers(InteropTest):
    def the_worker(self):
        worker, = Worker.all(connection=self.redis)
        return worker

    def test_an_idle_worker(self):
        process = self.start_worker('--name', 'w1', 'high', 'low')
        wait_for(lambda: self.the_worker().get_state() in ('idle', 'started'), 'idleness')

        worker = self.the_worker()

        self.assertEqual(worker.name, 'w1')
        self.assertEqual(worker.queue_names(), ['high', 'low'])
        self.assertEqual(worker.pid, process.pid)
        self.assertEqual(worker.hostname, os.uname().nodename)
        self.assertIsNone(worker.get_current_job_id())
        self.assertIsNotNone(worker.birth_date)
        self.assertIsNotNone(worker.last_heartbeat)
        self.assertEqual((worker.successful_job_count, worker.failed_job_count), (0, 0))
        self.assert_lives('rq:worker:w1', 480)
        for queue, count in (('high', 1), ('low', 1), ('other', 0)):
            self.assertEqual(Worker.count(queue=Queue(queue, connection=self.redis)), count)

    def test_a_busy_worker(self):
        job, folder = self.hold_job()
        self.start_worker('--name', 'w1', 'q')
        self.wait_until_running(folder)

        worker = self.the_worker()

        self.assertEqual(worker.get_state(), 'busy')
        self.assertEqual(worker.get_current_job_id(), job.id)
        self.assertEqual(worker.get_current_job().id, job.id)
        # What RQ 3 reads in place of current_job.
        member, = self.redis.smembers('rq:worker:w1:executions')
        self.assertEqual(member.decode().split(':')[0], job.id)

        self.release(folder)
        wait_for(lambda: self.the_worker().get_state() == 'idle', 'idleness')
        self.assertIsNone(self.the_worker().get_current_job_id())
        self.assertEqual(self.redis.exists('rq:worker:w1:executions'), 0)

    def test_a_worker_counts_its_work(self):
        self.start_worker()
        for n in range(3):
            self.queue.enqueue('twin.add', n)
        self.queue.enqueue('twin.fail', 'x')

        def counts():
            worker = self.the_worker()
            return worker.successful_job_count, worker.failed_job_count

        wait_for(lambda: counts() == (3, 1), 'the count of 3 and 1')
        self.assertGreater(self.the_worker().total_working_time, 0)

    def test_a_worker_that_ends(self):
        process = self.start_worker('--name', 'w1', 'q')

        process.signal(signal.SIGINT)

        self.assertEqual(process.wait(), 0, process.log)
        self.assertEqual(Worker.all(connection=self.redis), [])
        self.assertEqual(Worker.count(connection=self.redis), 0)
        self.assertTrue(self.redis.hget('rq:worker:w1', 'death'))
        self.assert_lives('rq:worker:w1', 60)

    def test_a_worker_ends_when_its_job_has(self):
        job, folder = self.hold_job()
        process = self.start_worker('--name', 'w1', 'q')
        self.wait_until_running(folder)

        process.signal(signal.SIGTERM)
        wait_for(lambda: self.redis.hget('rq:worker:w1', 'shutdown_requested_date'), 'the request')
        self.assertEqual(job.get_status(), 'started')
        self.release(folder)

        self.assertEqual(process.wait(), 0, process.log)
        self.assertEqual(job.get_status(), 'finished')

    def test_names_are_taken_only_once(self):
        self.start_worker('--name', 'w1', 'q')

        log = self.run_to_end(self.worker_command('--name', 'w1', 'q'), expected_exit=1)

        self.assertIn('w1', log)
        process = self.start(self.rq_command('worker', '--name', 'w1', 'q'))
        self.assertNotEqual(process.wait(), 0)
        self.assertIn('w1', process.log)

    def test_python_sends_nothing_that_a_worker_cannot_bear(self):
        """The control channel of RQ: whatever it says, the worker lives on."""
        from rq.command import send_kill_horse_command, send_stop_job_command

        job, folder = self.hold_job()
        process = self.start_worker('--name', 'w1', 'q')
        self.wait_until_running(folder)

        send_kill_horse_command(self.redis, 'no-such-worker')
        self.redis.publish('rq:pubsub:w1', b'\xff no json')
        send_stop_job_command(self.redis, job.id)
        self.release(folder)

        wait_for(lambda: job.get_status() in ('finished', 'stopped', 'failed'), 'the end of the job')
        self.assertIsNone(process.process.poll(), process.log)


class Info(InteropTest):
    def info(self, *words):
        return self.run_to_end(self.rq_command('info', *words))

    def test_queues_and_workers(self):
        for n in range(2):
            self.queue.enqueue('twin.add', n)
        self.queue.enqueue('twin.fail', 'x')
        self.work()
        self.hold_job()[0].delete()
        _, folder = self.hold_job()
        self.start_worker('--name', 'w1', 'q', 'empty')
        self.wait_until_running(folder)
        for n in range(4):
            self.queue.enqueue('twin.add', n)

        lines = self.info('--raw').splitlines()

        counts = ', 1 executing, 2 finished, 1 failed' if COUNTS else ''
        self.assertIn(f'queue q 4{counts}', lines)
        line, = [line for line in lines if line.startswith('worker ')]
        counts = r'\. jobs: 0 finished, 0 failed' if COUNTS else ''
        self.assertRegex(line, rf'^worker w1 \(\S+ \S+ \d+\) busy q, empty{counts}$')

    def test_by_queue(self):
        self.queue.enqueue('twin.add', 1)
        self.start_worker('--name', 'w1', 'q')
        wait_for(lambda: self.queue.finished_job_registry.count == 1, 'the end of the job')

        text = self.info()

        counts = ', 0 executing, 1 finished, 0 failed' if COUNTS else ''
        self.assertRegex(text, rf'(?m)^q +\|\S* 0{counts}$')
        counts = r'\. jobs: \d finished, 0 failed' if COUNTS else ''
        self.assertRegex(text, rf'(?m)^w1 \(.*\): .* q{counts}$')
        self.assertIn('1 queues, 0 jobs total', text)


class Abandoned(InteropTest):
    """kill -9 of a worker while a job runs: RQ's own cleaning finds the job."""

    def abandon(self, **options):
        job, folder = self.hold_job(**options)
        process = self.start_worker('--name', 'w1', 'q')
        self.assertIn(self.wait_until_running(folder), process.family())
        process.signal(signal.SIGKILL)
        process.wait()
        wait_for(lambda: not process.family(), 'the end of all that the worker had started')
        return job

    def let_leases_expire(self):
        for member in self.redis.zrange('rq:wip:q', 0, -1):
            self.redis.zadd('rq:wip:q', {member: 1})

    def test_before_its_time_the_job_stays_started(self):
        job = self.abandon()

        clean_registries(self.queue)

        self.assertEqual(job.get_status(), 'started')
        self.assertEqual(len(self.registry_ids('wip')), 1)

    @unittest.skipUnless(EXECUTIONS, 'RQ 1 reads members of rq:wip as bare ids (8.3 B)')
    def test_clean_registries_fails_the_job(self):
        job = self.abandon()
        self.let_leases_expire()

        clean_registries(self.queue)

        self.assertEqual(job.get_status(), 'failed')
        self.assertEqual(self.registry_ids('wip'), [])
        self.assertEqual(self.queue.failed_job_registry.get_job_ids(), [job.id])
        self.assertIn('AbandonedJobError', job.latest_result().exc_string)

    @unittest.skipUnless(EXECUTIONS, 'RQ 1 reads members of rq:wip as bare ids (8.3 B)')
    def test_a_python_worker_cleans_and_the_job_runs_again(self):
        job = self.abandon()
        self.let_leases_expire()
        self.python_work()
        self.assertEqual(job.get_status(), 'failed')

        job.requeue()
        folder = job.args[0]
        open(os.path.join(folder, 'release'), 'w').close()
        self.work()

        self.assertEqual(job.return_value(), 'released')
        self.assertEqual(len(job.results()), 2)
        self.assertEqual(self.registry_ids('failed'), [])

    def test_the_dead_worker_is_forgotten(self):
        self.abandon()
        self.assertEqual(Worker.count(connection=self.redis), 1)

        self.redis.delete('rq:worker:w1')  # as its time to live would
        workers = Worker.all(connection=self.redis)
        Worker.count(connection=self.redis)

        self.assertEqual(workers, [])


if __name__ == '__main__':
    unittest.main()
