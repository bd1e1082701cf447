"""Every block of shell commands in the pages runs, as a user would run it after `make build`."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from pages import ROOT, blocks, pages, text_of

BUILD = os.environ["RQPP_BUILD_DIR"]
PATIENCE = 60  # seconds a block may take


class Redis:
    """A private one, and an empty home, so that nothing of the machine is touched."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="rqpp-docs-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.server = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir",
             self.folder], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True,
                             check=False).stdout != b"PONG\n":
            if time.monotonic() > deadline:
                raise TimeoutError("redis-server does not answer")
            time.sleep(0.02)
        self.environment = {"PATH": f"{BUILD}:{os.environ['PATH']}", "HOME": self.folder,
                            "RQ_REDIS_URL": f"redis://127.0.0.1:{port}/0", "LC_ALL": "C.UTF-8",
                            "RQPP_PATH": os.path.join(BUILD, "examples")}
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Shell(unittest.TestCase):
    def test_of_the_pages_runs(self):
        with Redis() as redis:
            for block in blocks("sh"):
                if block.mark.startswith("not run: "):
                    continue
                with self.subTest(f"{block.page}:{block.line}"):
                    run = subprocess.run(["bash", "-euo", "pipefail", "-c", block.text],
                                         env=redis.environment, cwd=redis.folder, text=True,
                                         stdin=subprocess.DEVNULL, capture_output=True,
                                         timeout=PATIENCE, check=False)
                    self.assertEqual(run.returncode, 0, block.text + run.stdout + run.stderr)

    def test_is_marked_as_such(self):
        """Else nothing would run it. A line with an explanation in a column is a table of commands."""
        command = re.compile(r"^    (?:rqpp|make|cmake|git|systemctl|redis-cli|build/|scripts/|examples/)"
                             r"(?:(?!  )[^#\n])*(?: +#.*)?$", re.MULTILINE)
        for page in pages():
            indented = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
            self.assertEqual(command.findall(indented), [], f"{page}: begin these with ```sh")



if __name__ == "__main__":
    unittest.main()
