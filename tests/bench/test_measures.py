"""Every measure of `make bench` still runs, on tiny numbers, and what it found is kept."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from support import BENCH

import compare


class Measures(unittest.TestCase):
    def test_each_runs_once_for_rqpp_with_all_its_settings(self):
        build = os.environ["RQPP_BUILD_DIR"]
        with tempfile.TemporaryDirectory(prefix="rqpp-bench-") as folder:
            run = subprocess.run(
                [sys.executable, os.path.join(BENCH, "compare.py"), "--build", build, "--peers", folder,
                 "--out", folder, "--systems", "rqpp", "--only", ",".join(compare.MEASURES),
                 "--rounds", "1", "--tiny"], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            with open(os.path.join(folder, "results.json")) as file:
                rows = json.load(file)["rows"]

        self.assertEqual({name for name in rows if rows[name]}, set(compare.MEASURES))
        kinds = {row["setting"].partition(",")[0] for row in rows["rest"]}
        self.assertEqual(kinds, {"fork per job", "recycled", "in the program"})


class Rounds(unittest.TestCase):
    def test_are_saved_before_the_next_one_fails(self):
        class Broken:
            @staticmethod
            def rows(bench, systems, number):
                if number == 1:
                    sys.exit("bench: a worker is gone")
                yield {"system": "rqpp", "setting": "s", "rate": 7}

        saved = []
        arguments = compare.argparse.Namespace(only=["drain"], rounds=2, add=False, deep=False)
        original, compare.MEASURES["drain"] = compare.MEASURES["drain"], Broken
        self.addCleanup(compare.MEASURES.__setitem__, "drain", original)

        with self.assertRaises(SystemExit):
            compare.measure(None, [], arguments, {"rows": {}},
                            lambda results: saved.append(json.loads(json.dumps(results))))

        self.assertEqual(saved[-1]["rows"]["drain"],
                         [{"round": 0, "system": "rqpp", "setting": "s", "rate": 7}])


if __name__ == "__main__":
    unittest.main()
