"""Jobs that wait for others, with both languages among their producers and their workers."""

import time
import unittest

from rq.job import Dependency
from rq.registry import DeferredJobRegistry

from support import RQ, InteropTest, wait_for

PARENTS = 12
CHILDREN = 25
FANS = 6


class Dependencies(InteropTest):
    def statuses(self, ids):
        with self.redis.pipeline() as pipe:
            for job_id in ids:
                pipe.hget(f'rq:job:{job_id}', 'status')
            return pipe.execute()

    def all_ids(self):
        return [key.decode()[7:] for key in self.redis.keys('rq:job:*') if key.count(b':') == 2]

    def all_have_finished(self):
        if RQ >= (3, 0):
            # Workers of RQ 3 that end parents at once leave the children that they race for in
            # rq:ready. The cleanup queues them, which in a worker is due every ten minutes.
            self.queue.ready_job_registry.cleanup()
        return all(status == b'finished' for status in self.statuses(self.all_ids()))

    def assert_each_ran_once_and_in_order(self):
        for job_id in self.all_ids():
            job = self.fetch(job_id)
            self.assertEqual(job.get_status(), 'finished', job_id)
            self.assertEqual(self.redis.xlen(f'rq:results:{job_id}'), 1, job_id)
            for parent in job.fetch_dependencies():
                self.assertLessEqual(parent.ended_at, job.started_at)
        self.assertEqual(self.redis.zcard('rq:deferred:q'), 0)
        self.assertEqual(self.redis.llen('rq:queue:q'), 0)
        self.assertFalse(self.redis.exists('rqpp:releases'))

    def test_a_cpp_worker_releases_what_python_enqueued(self):
        parent = self.queue.enqueue('twin.add', 1, 2)
        child = self.queue.enqueue('twin.add', 3, 4, depends_on=parent)
        grandchild = self.queue.enqueue('twin.add', 5, 6, depends_on=[parent, child])
        self.assertEqual(grandchild.get_status(), 'deferred')

        self.work()

        self.assertEqual([self.fetch(it.id).return_value() for it in (parent, child, grandchild)],
                         [3, 7, 11])
        self.assert_each_ran_once_and_in_order()

    def test_a_python_worker_releases_what_cpp_enqueued(self):
        self.produce('fan-in', '3', '4')
        self.assertEqual(DeferredJobRegistry('q', connection=self.redis).count, 4)
        child = self.fetch(self.registry_ids('deferred')[0])
        self.assertEqual(len(child.fetch_dependencies()), 3)

        self.python_work()

        self.assertEqual(len(self.all_ids()), 7)
        self.assert_each_ran_once_and_in_order()

    def test_a_child_waits_for_parents_of_both_languages(self):
        # Each worker knows the tasks of both: which of them ends a parent is left to chance.
        mine = self.queue.enqueue('twin.add', 1, 2, job_id='j0')
        self.produce('scenario', 'after another')
        child = self.queue.enqueue('twin.add', 3, 4, depends_on=[mine, 'j1', 'j2'])

        self.python_work('--max-jobs', '2', 'q')
        self.assertEqual(child.get_status(), 'deferred')
        self.work()

        self.assertEqual(self.fetch(child.id).return_value(), 7)
        self.assert_each_ran_once_and_in_order()

    def test_failures_release_only_those_that_allow_them(self):
        for job_id, work in ('p', self.python_work), ('c', self.work):
            with self.subTest(work.__name__):
                self.redis.flushall()
                parent = self.queue.enqueue('twin.fail', 'boom', job_id=job_id)
                strict = self.queue.enqueue('twin.nothing', depends_on=parent)
                tolerant = self.queue.enqueue(
                    'twin.nothing', depends_on=Dependency([parent], allow_failure=True))

                work()

                self.assertEqual(strict.get_status(), 'deferred')
                self.assertEqual(tolerant.get_status(), 'finished')

    def test_nothing_is_lost_or_doubled_when_workers_of_both_languages_race(self):
        workers = [self.start_worker('--name', 'c1', 'q'), self.start_worker('--name', 'c2', 'q'),
                   self.start_python_worker('--name', 'p1', 'q'),
                   self.start_python_worker('--name', 'p2', 'q')]
        for fan in range(FANS):
            if fan % 2:
                self.produce('fan-in', str(PARENTS), str(CHILDREN))
                continue
            parents = [self.queue.enqueue('twin.nothing') for _ in range(PARENTS)]
            for _ in range(CHILDREN):
                self.queue.enqueue('twin.nothing', depends_on=parents)
        count = FANS * (PARENTS + CHILDREN)
        self.assertEqual(len(self.all_ids()), count)

        wait_for(self.all_have_finished, 'the end of all jobs')
        wait_for(lambda: not self.redis.exists('rqpp:releases'), 'the last release')
        for worker in workers:
            worker.end()
        self.assertEqual(len(self.all_ids()), count)
        self.assert_each_ran_once_and_in_order()

    @unittest.skipUnless((2, 0) <= RQ < (2, 8), 'only these versions fail what waits too long')
    def test_the_score_for_old_workers_keeps_their_maintenance_from_failing_what_waits(self):
        self.produce('scenario', 'after another')
        self.assertEqual(self.redis.zscore('rq:deferred:q', 'j2'), float('inf'))

        DeferredJobRegistry('q', connection=self.redis).cleanup(time.time() + 1000)

        self.assertEqual(self.fetch('j2').get_status(), 'deferred')


if __name__ == '__main__':
    unittest.main()
