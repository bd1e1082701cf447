"""What a job costs Redis stays within its budget, and it is noticed when it does not."""

import os
import subprocess
import sys
import unittest

from support import BENCH

import quick


class Budget(unittest.TestCase):
    def test_what_a_job_costs_redis_is_within_it(self):
        run = subprocess.run(
            [sys.executable, os.path.join(BENCH, "quick.py"), "--build", os.environ["RQPP_BUILD_DIR"]],
            capture_output=True, text=True, check=False)

        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_what_is_above_it_is_named_with_its_bound(self):
        found = quick.complaints({"drain": (18.25, 0.5)}, {"drain": (17.5, 0.6)})

        self.assertEqual(found, ["drain: 18.2 commands per job, at most 17.5 are allowed"])

    def test_a_round_trip_more_is_noticed_as_well(self):
        found = quick.complaints({"enqueue": (2, 2)}, {"enqueue": (2, 1)})

        self.assertEqual(found, ["enqueue: 2 round trips per job, at most 1 are allowed"])

    def test_what_a_worker_does_once_does_not_count(self):
        begin = (50, 14)
        few = (begin[0] + 17 * quick.FEW, begin[1] + quick.FEW, 0)
        many = (begin[0] + 17 * quick.MANY, begin[1] + quick.MANY, 0)

        self.assertEqual(quick.per_job(few, many), (17, 1))


if __name__ == "__main__":
    unittest.main()
