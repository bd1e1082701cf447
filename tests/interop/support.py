"""What the interop tests share: a private Redis, workers of both kinds, and waiting by condition.

ctest sets RQPP_BIN (the program `rqpp`), RQPP_BUILD_DIR and RQPP_RQ_VERSION. Everything that is
started here is stopped here, and nothing else is.
"""

import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

try:
    import redis
    import rq
    from rq import Queue, Worker
    from rq.job import Job
except ImportError as error:
    print(f'SKIPPED, NOTHING WAS TESTED: {error}. Run scripts/rq-venv and try again.')
    sys.exit(77)

from rq.serializers import JSONSerializer

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ['RQPP_BUILD_DIR'])
RQPP = os.environ['RQPP_BIN']
PRODUCER = BUILD / 'tests' / 'interop' / 'interop_producer'
DRAIN = BUILD / 'tests' / 'interop' / 'interop_drain'  # missing where Lua is
MODULES = [BUILD / 'tests' / 'interop', BUILD / 'examples']  # twin.so, fib.so
GOLDEN = HERE.parent / 'golden' / 'rq-vectors'

RQ = tuple(int(part) for part in re.findall(r'\d+', rq.VERSION)[:3])
EXECUTIONS = RQ >= (2, 0)  # rq:wip holds `<id>:<execution>`; before it held the bare id
PATIENCE = 60  # seconds until a condition that does not come counts as a failure

sys.path.insert(0, str(HERE))  # for twin.py, which in-process workers import


def wait_for(condition, what):
    """Returns the condition's first true value."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f'{what} did not happen within {PATIENCE} s')
        time.sleep(0.01)


class RedisServer:
    """A redis-server of our own on a Unix socket in a fresh folder."""

    def __init__(self):
        program = shutil.which('redis-server') or shutil.which('valkey-server')
        if program is None:
            raise RuntimeError('there is no redis-server; run scripts/setup')
        self.folder = Path(tempfile.mkdtemp(prefix='rqpp-interop-'))
        self.socket = self.folder / 'redis.sock'
        self.url = f'unix://{self.socket}?db=0'
        self.process = subprocess.Popen(
            [program, '--port', '0', '--unixsocket', str(self.socket), '--save', '',
             '--appendonly', 'no', '--dir', str(self.folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        atexit.register(self.stop)
        self.connection = self.connect()
        wait_for(self.answers, 'the start of redis-server')

    def connect(self, **options):
        return redis.Redis(unix_socket_path=str(self.socket), **options)

    def answers(self):
        try:
            return self.connection.ping()
        except redis.ConnectionError:
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Process:
    """A program and all that it starts, which can be ended together."""

    def __init__(self, command, server, **environment):
        token = str(time.monotonic_ns())
        self.mark = f'RQPP_INTEROP_FAMILY={token}'.encode()
        self.log_path = server.folder / f'log-{token}'
        with open(self.log_path, 'wb') as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, cwd=server.folder,
                env={**os.environ, 'PYTHONPATH': str(HERE), 'PYTHONDONTWRITEBYTECODE': '1',
                     'PYTHONWARNINGS': 'ignore', 'RQPP_INTEROP_FAMILY': token, **environment})
        self.pid = self.process.pid

    @property
    def log(self):
        return self.log_path.read_text(errors='replace')

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Returns the exit code."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'process {self.pid} does not end; it said:\n{self.log}') from None

    def family(self):
        """The processes that inherited its environment and are alive, in whatever session."""
        alive = []
        for folder in Path('/proc').glob('[0-9]*'):
            try:
                # That of a zombie is empty.
                environment = (folder / 'environ').read_bytes().split(b'\0')
            except OSError:
                continue  # it ended meanwhile, or is somebody else's
            if self.mark in environment:
                alive.append(int(folder.name))
        return alive

    def end(self):
        for pid in self.family():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()


_server = None


def server():
    """The server of this test program, started when first needed."""
    global _server
    if _server is None:
        _server = RedisServer()
    return _server


class InteropTest(unittest.TestCase):
    """A test on an empty database, with the verbs that all of them need."""

    maxDiff = None

    def setUp(self):
        self.server = server()
        self.redis = self.server.connection
        self.redis.flushall()
        self.queue = Queue('q', connection=self.redis)

    def temporary_folder(self):
        folder = tempfile.mkdtemp(dir=self.server.folder)
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    # ---- processes

    def start(self, command, **environment):
        process = Process(command, self.server, **environment)
        self.addCleanup(process.end)
        return process

    def run_to_end(self, command, expected_exit=0, **environment):
        """Runs a program and returns what it said."""
        process = self.start(command, **environment)
        code = process.wait()
        self.assertEqual(code, expected_exit, f'{command} said:\n{process.log}')
        return process.log

    def rqpp_command(self, command, *words):
        return [RQPP, command, '--url', self.server.url, *words]

    def worker_command(self, *words):
        paths = [word for folder in MODULES for word in ('--path', folder)]
        return self.rqpp_command('worker', *paths, *words)

    def work(self, *words):
        """Lets rqpp run all that is in the queues; returns its log."""
        return self.run_to_end(self.worker_command('--burst', *(words or ('q',))))

    def start_worker(self, *words):
        """Starts an rqpp worker and waits until RQ sees it."""
        before = Worker.count(connection=self.redis)
        process = self.start(self.worker_command(*(words or ('q',))))
        self.wait_for_worker(process, before)
        return process

    def rq_command(self, command, *words):
        return [sys.executable, '-m', 'rq.cli', command, '--url', self.server.url, *words]

    def python_work(self, *words):
        """Lets a stock `rq worker` run all that is in the queues; returns its log."""
        return self.run_to_end(self.rq_command('worker', '--burst', *(words or ('q',))))

    def start_python_worker(self, *words):
        before = Worker.count(connection=self.redis)
        process = self.start(self.rq_command('worker', *(words or ('q',))))
        self.wait_for_worker(process, before)
        return process

    def wait_for_worker(self, process, before):
        def born():
            if process.process.poll() is not None:
                raise AssertionError(f'the worker ended at once; it said:\n{process.log}')
            return Worker.count(connection=self.redis) > before

        wait_for(born, 'the birth of a worker')

    def produce(self, *words, expected_exit=0):
        """Runs the C++ producer; returns its output."""
        return self.run_to_end([PRODUCER, self.server.url, *words], expected_exit)

    # ---- jobs

    def fetch(self, job_id, **options):
        return Job.fetch(job_id, connection=self.redis, **options)

    def registry_ids(self, kind, queue='q'):
        """The ids in a registry such as `finished`, as they stand in Redis."""
        return [member.decode() for member in self.redis.zrange(f'rq:{kind}:{queue}', 0, -1)]

    def assert_lives(self, key, seconds):
        """Asserts the time to live of a key; -1 for ever, None for a key that is gone."""
        ttl = self.redis.ttl(key)
        if seconds is None or seconds < 0:
            self.assertEqual(ttl, -2 if seconds is None else -1, key)
        else:
            self.assertTrue(seconds - PATIENCE <= ttl <= seconds, f'{key} lives for {ttl} s')

    def assert_score(self, key, member, expected):
        """Asserts a score; a positive one counts from now."""
        score = self.redis.zscore(key, member)
        self.assertIsNotNone(score, f'{member} in {key}')
        if expected in (-1, float('inf')):
            self.assertEqual(score, expected)
        else:
            self.assertAlmostEqual(score, time.time() + expected, delta=PATIENCE)

    def hold_job(self, **options):
        """Enqueues a job that runs until `release` exists in the folder that is returned with it."""
        folder = self.temporary_folder()
        return self.queue.enqueue('twin.hold', str(folder), **options), folder

    def wait_until_running(self, folder):
        """Returns the id of the process that runs the held job."""
        wait_for(lambda: (folder / 'running').exists(), 'the start of the job')
        return int(wait_for((folder / 'running').read_text, 'the pid of the job'))

    def release(self, folder):
        (folder / 'release').touch()
