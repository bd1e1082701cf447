"""RQ's groups, with both languages on either side."""

import unittest

from rq import Queue

from support import RQ, InteropTest

if RQ >= (2, 0):
    from rq.group import Group
    from rq.exceptions import NoSuchGroupError


@unittest.skipIf(RQ < (2, 0), 'RQ has groups since 2.0')
class Groups(InteropTest):
    def enqueue(self, function, count):
        group = Group.create(self.redis, 'g')
        return group.enqueue_many(
            self.queue, [Queue.prepare_data(function, args) for args in [('x',)] * count])

    def test_python_sees_a_group_of_cpp(self):
        self.produce('scenario', 'group')

        group = Group.fetch('g', self.redis)

        self.assertEqual(len(group.get_jobs()), 3)
        self.assertEqual({job.group_id for job in group.get_jobs()}, {'g'})
        self.assertEqual([it.name for it in Group.all(self.redis)], ['g'])

    def test_cpp_sees_a_group_of_python(self):
        ids = {job.id for job in self.enqueue('twin.echo', 3)}

        self.assertEqual(set(self.produce('watch-group', 'g').split()), ids)

    def test_python_deletes_a_job_of_a_group_of_cpp(self):
        self.produce('scenario', 'group')

        for job in Group.fetch('g', self.redis).get_jobs():
            job.delete()

        with self.assertRaises(NoSuchGroupError):
            Group.fetch('g', self.redis)
        self.assertEqual(Group.all(self.redis), [])

    def test_a_callback_runs_once_whoever_ends_the_jobs(self):
        for first, second in (self.work, self.python_work), (self.python_work, self.work):
            with self.subTest(first.__name__):
                self.redis.flushall()
                self.enqueue('twin.echo', 3)
                self.enqueue('twin.fail', 2)
                self.produce('watch-group', 'g')

                first('--max-jobs', '3', 'q')
                self.assertEqual(self.fetch('done').get_status(), 'deferred')
                second()

                self.assertEqual(self.fetch('done').return_value(), 'all done')
                self.assertEqual(self.redis.xlen('rq:results:done'), 1)

    def test_both_clean_a_group_alike(self):
        for clean in lambda: Group.clean_registries(self.redis), lambda: self.produce('clean-group', 'g'):
            self.redis.flushall()
            jobs = self.enqueue('twin.echo', 3)
            self.redis.delete(jobs[0].key)
            clean()
            self.assertEqual(self.redis.scard('rq:group:g'), 2)
            self.redis.delete(jobs[1].key, jobs[2].key)
            clean()
            self.assertFalse(self.redis.exists('rq:group:g', 'rq:groups'))


if __name__ == '__main__':
    unittest.main()
