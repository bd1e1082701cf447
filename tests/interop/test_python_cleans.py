"""All workers of rqpp are killed at full speed; RQ's readers and cleaners come first, then ours.

What a worker has claimed and not shown, or only prefetched, RQ does not know of: it says `queued`, is in
no queue, and nothing of RQ may take it away (docs/protocol.md, "What RQ does to our keys").
"""

import signal
import unittest
import warnings

from rq import Queue, Worker
from rq.registry import StartedJobRegistry, clean_registries

from support import EXECUTIONS, RQ, InteropTest, wait_for

JOBS = 10000  # more than are done until the workers are killed
FAST = ('--horses', '2', '--jobs-per-horse', '1000', 'q')


def clean_up_by_registry(test):
    StartedJobRegistry('q', connection=test.redis).cleanup()


def clean_up_all_registries(test):
    clean_registries(test.queue)


def look_at_workers(test):
    for worker in Worker.all(connection=test.redis):
        worker.get_current_job()
        if hasattr(worker, 'get_current_executions'):  # since RQ 3
            worker.get_current_executions()
    Worker.count(queue=test.queue)


def forget_workers(test):
    from rq.worker_registration import clean_worker_registry
    for key in test.redis.smembers('rq:workers'):
        test.redis.delete(key)  # as their time to live does
    clean_worker_registry(test.queue)


def run_info(test):
    test.run_to_end(test.rq_command('info'))


def run_a_worker_of_python_elsewhere(test):
    test.python_work('elsewhere')  # its maintenance is for its queues; what it reads of workers is not


def clean_the_intermediate_queue(test):
    try:
        from rq.intermediate_queue import IntermediateQueue
    except ImportError:  # before RQ 2
        return
    worker = Worker(['q'], connection=test.redis)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        IntermediateQueue(test.queue.key, connection=test.redis).cleanup(worker, test.queue)


CLEANERS = [clean_up_by_registry, clean_up_all_registries, look_at_workers, forget_workers, run_info,
            run_a_worker_of_python_elsewhere, clean_the_intermediate_queue]


class Cleaners(InteropTest):
    def kill_at_full_speed(self):
        """Returns what the workers held, `<id>:<execution>`."""
        self.jobs = self.queue.enqueue_many([Queue.prepare_data('twin.add', (n,)) for n in range(JOBS)])
        workers = [self.start_worker('--name', f'w{i}', *FAST) for i in (1, 2)]
        wait_for(lambda: self.redis.zcard('rq:finished:q') > 300, 'some progress')
        for worker in workers:
            worker.signal(signal.SIGKILL)
        for worker in workers:
            worker.wait()
            wait_for(lambda: not worker.family(), 'the end of all that the worker had started')
        return [member.decode() for key in self.redis.keys('rqpp:runs:*')
                for member in self.redis.zrange(key, 0, -1) if b':' in member]

    def let_90_seconds_pass(self):
        for key in self.redis.keys('rq:wip:*'):
            for member in self.redis.zrange(key, 0, -1):
                self.redis.zadd(key, {member: 1})
        for key in self.redis.keys('rq:execution*'):
            self.redis.delete(key)
        for member in self.redis.zrange('rqpp:leases', 0, -1):
            self.redis.zadd('rqpp:leases', {member: 1})

    def check_books(self, held):
        """Each job is where it ended, once. Only one that may have begun has failed."""
        finished, failed = self.registry_ids('finished'), self.registry_ids('failed')
        self.assertEqual(sorted(finished + failed), sorted(job.id for job in self.jobs))
        self.assertLessEqual(set(failed), {member.split(':')[0] for member in held})
        for job_id in failed:
            self.assertIn('AbandonedJobError', self.fetch(job_id).exc_info)
        self.assertEqual(self.redis.zcard('rq:wip:q'), 0)

    def check(self, *cleaners):
        held = self.kill_at_full_speed()
        self.assertGreater(len(held), 0)
        self.let_90_seconds_pass()

        for clean in cleaners:
            clean(self)
        self.work(*FAST)

        self.check_books(held)

    def test_all_of_them(self):
        self.check(*CLEANERS)

    def test_none(self):
        self.check()

    def test_what_was_never_begun_goes_back_to_the_front_of_its_queue(self):
        """A worker that is frozen, not killed, holds what it had prefetched."""
        held = self.kill_at_full_speed()
        begun = {}
        for key in self.redis.keys('rqpp:runs:*'):
            last = self.redis.zscore(key, 'begun')
            for member, score in self.redis.zrange(key, 0, -1, withscores=True):
                begun[member.decode()] = score <= last
        self.let_90_seconds_pass()
        clean_registries(self.queue)
        waiting = self.redis.llen('rq:queue:q')

        # One that takes no jobs of this queue adopts what is left.
        self.start_worker('--name', 'heir', 'other')
        back = [member.split(':')[0] for member in held if not begun[member]]
        wait_for(lambda: self.redis.llen('rq:queue:q') == waiting + len(back), 'the adoption')

        front = [id.decode() for id in self.redis.lrange('rq:queue:q', 0, len(back) - 1)]
        self.assertEqual(sorted(front), sorted(back))
        for job_id in back:
            self.assertEqual(self.fetch(job_id).get_status(), 'queued')


class ShownRuns(InteropTest):
    """A job that has run for a while, whose worker is killed."""

    def abandon(self):
        job, folder = self.hold_job()
        worker = self.start_worker('--name', 'w1', 'q')
        self.wait_until_running(folder)
        wait_for(lambda: job.get_status() == 'started', 'the run is shown')
        worker.signal(signal.SIGKILL)
        worker.wait()
        wait_for(lambda: not worker.family(), 'the end of all that the worker had started')
        for member in self.redis.zrange('rq:wip:q', 0, -1):
            self.redis.zadd('rq:wip:q', {member: 1})
        for member in self.redis.zrange('rqpp:leases', 0, -1):
            self.redis.zadd('rqpp:leases', {member: 1})
        return job

    def test_fails_once_whoever_comes_first(self):
        for first in (lambda: clean_registries(self.queue), lambda: None):
            job = self.abandon()
            first()
            self.work()

            self.assertEqual(job.get_status(refresh=True), 'failed')
            self.assertEqual(self.registry_ids('failed'), [job.id])
            if RQ >= (1, 12):
                self.assertEqual(len(job.results()), 1)
            self.redis.flushall()

    @unittest.skipUnless(RQ >= (3, 0), 'older versions do not look there')
    def test_that_a_dashboard_took_out_of_the_index_comes_back(self):
        job, folder = self.hold_job()
        worker = self.start_worker('--name', 'w1', 'q')
        self.wait_until_running(folder)
        member, = wait_for(lambda: self.redis.smembers('rq:worker:w1:executions'), 'the index')
        worker.signal(signal.SIGSTOP)
        self.redis.delete('rq:execution:' + member.decode())  # as its time to live does
        the_worker, = Worker.all(connection=self.redis)
        self.assertEqual(the_worker.get_current_executions(), [])
        self.assertEqual(self.redis.exists('rq:worker:w1:executions'), 0)

        worker.signal(signal.SIGCONT)

        wait_for(lambda: self.redis.smembers('rq:worker:w1:executions') == {member}, 'its return')
        self.release(folder)
        wait_for(lambda: job.get_status(refresh=True) == 'finished', 'the end of the job')


if __name__ == '__main__':
    unittest.main()
