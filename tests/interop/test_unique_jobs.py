"""Unique jobs of both sides: RQ's `unique=True` and ours stand in each other's way."""

import hashlib
import unittest

from support import RQ, InteropTest


class UniqueJobs(InteropTest):
    def enqueue(self, *words, expected_exit=0):
        return self.run_to_end(self.rqpp_command('enqueue', *words), expected_exit)

    @unittest.skipIf(RQ < (2, 8), 'RQ has them since 2.8')
    def test_by_id(self):
        from rq.exceptions import DuplicateJobError
        self.queue.enqueue('twin.add', 1, job_id='theirs', unique=True)
        self.enqueue('-q', 'q', '--job-id', 'ours', '--unique', 'twin.add', ':1')

        log = self.enqueue('-q', 'q', '--job-id', 'theirs', '--unique', 'twin.add', ':1', expected_exit=1)

        self.assertIn("there is a job 'theirs' already", log)
        with self.assertRaises(DuplicateJobError):
            self.queue.enqueue('twin.add', 1, job_id='ours', unique=True)
        self.assertEqual(self.queue.job_ids, ['theirs', 'ours'])
        self.python_work()
        self.assertEqual([self.fetch(each).return_value() for each in ('theirs', 'ours')], [1, 1])

    def test_by_call(self):
        words = ('-q', 'q', '--unique-for', '1m', 'twin.add', ':1', 'b:=2')
        self.enqueue(*words)

        self.assertIn('is the same call', self.enqueue(*words, expected_exit=1))

        # As docs/protocol.md says, so that other programs can do the same.
        fingerprint = hashlib.sha256(b'twin.add(1, b=2)').hexdigest()
        self.assertEqual(self.redis.get(f'rqpp:unique:{fingerprint}').decode(), self.queue.job_ids[0])


if __name__ == '__main__':
    unittest.main()
