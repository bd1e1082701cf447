"""The same scene once in stock RQ and once in rqpp: afterwards Redis must hold the same.

Each scene is played on an empty database, all of it is dumped (types, fields, members, scores, times
to live), what cannot be the same in two runs is masked, and the dumps are compared. What is meant to
differ stands in INTENDED: each row there must be needed, and nothing else may differ.
"""

import datetime
import re
import shutil
import signal
import time
import unittest
from collections import namedtuple

from rq import Callback, Queue, Retry, Worker

try:
    from rq import Repeat
except ImportError:
    Repeat = None  # before RQ 2.3
from rq.command import send_shutdown_command, send_stop_job_command
from rq.job import Dependency, Job
from rq.scheduler import RQScheduler

try:
    from rq.exceptions import DuplicateJobError
except ImportError:
    DuplicateJobError = None  # before RQ 2.8

from keyspace import Seconds, Snapshot, differences
from support import DRAIN, EXECUTIONS, HERE, MODULES, RQ, InteropTest, JSONSerializer, wait_for

YEAR = Seconds(31_536_000)


# ---- what may differ

def only_ours(theirs, ours):
    return theirs is None


def only_theirs(theirs, ours):
    return ours is None


def both_say_something(theirs, ours):
    return bool(theirs) and bool(ours)


def are(expected_theirs, expected_ours):
    return lambda theirs, ours: (theirs, ours) == (expected_theirs, expected_ours)


# path: a pattern for the whole path of keyspace.py. check: whether these two values (None stands for
# absent) are what is meant. section: where docs/protocol.md speaks of it.
Row = namedtuple('Row', 'path check section reason')

INTENDED = [
    Row(r'rq:job:\S+( \w+)? (\w+_callback_name|started_at|ended_at|last_heartbeat|worker_name|group_id)',
        are('', None), 'Enqueue', 'empty fields are left out'),
    Row(r'rq:results:j1 \(ttl\)', are('none', YEAR), 'Where rqpp differs',
        'the result of a failed job expires with its job'),
    Row(r'rq:failed:q (j1|\(type\)|\(ttl\))', only_theirs, 'Where rqpp differs',
        'a failed job with failure_ttl 0 leaves no id behind'),
    Row(r'rq:results:j1 .*', only_theirs, 'Where rqpp differs', 'delete takes the results along'),
    Row(r'rq:job:j1 \(ttl\)', are(YEAR, 'none'), 'Where rqpp differs',
        'a requeued job does not expire while it waits'),
    Row(r'rq:job:j1 exc_info', are('', None), 'Ends and their ttls',
        'requeue writes a field that nobody has used since RQ 1.12'),
    Row(r'rq:worker:w1 (pid|ip_address|version|python_version|total_working_time)',
        both_say_something, 'Keys', 'they are two workers'),
    Row(r'rq:worker:w1 shutdown_requested_date', are(None, '<time>'), 'Where rqpp differs',
        'RQ notes the moment only when it was busy'),
    Row(r'rq:worker:w1 \(ttl\)', are(Seconds(90), Seconds(480)), 'Where rqpp differs',
        'RQ shortens the life of a worker while it is busy'),
    Row(r'rq:job:j1 (started_at|worker_name)', lambda there, here: bool(there) and here == '',
        'Where rqpp differs', 'a job that waits for its retry says nothing of the run before'),
    Row(r'rq:job:j1 (ended_at|last_heartbeat|worker_name)', lambda there, here: there == '' and bool(here),
        'Where rqpp differs', 'a job that was stopped says where and when'),
    Row(r'rq:worker:w1 total_working_time', lambda there, here: there is None and float(here) > 0,
        'Where rqpp differs', 'the time of a run that was killed counts as well'),
    Row(r'rq:results:j1 \[0\]\.worker_name', lambda there, here: not there and here == 'sync',
        'Where rqpp differs', 'the result of a job that ran without a worker says so, as the job does'),
    Row(r'rq:job:j2 (allow_dependency_failures|enqueue_at_front)', are('0', None),
        'Where rqpp differs', 'what is not so is left out'),
    Row(r'rq:job:(:\S+:dependencies|j1:dependents)( \S+)? \S+', only_theirs, 'Where rqpp differs',
        'a met edge is taken out of both sets'),

    Row(r'rq:job:j1 (success|failure|stopped)_callback_(name|timeout)', only_theirs, 'Callbacks',
        'a name there that Python cannot import ends a worker of Python'),
    Row(r'rq:job:j1 rqpp_callbacks', only_ours, 'Callbacks', 'so ours stand in a field of our own'),
    Row(r'rqpp:maintenance .*', only_ours, 'Maintenance', 'one worker in ten minutes does the rest'),
    Row(r'rq:job:j1 rqpp_losses', only_ours, 'Lost workers', 'the third loss of a job is its last'),
    Row(r'rq:worker:w1 failed_job_count', are(None, '1'), 'Maintenance',
        'which counts it among those that it ended'),
    Row(r'rq:queue:q:intermediate:first_seen:j1 .*', only_theirs, 'Maintenance',
        'who takes a stuck job over forgets since when it was stuck'),
    Row(r'rqpp:leases .*', only_ours, 'Keys', 'other workers of rqpp inherit the jobs of a dead one'),
    Row(r'rq:worker:w1 rqpp_worker', only_ours, 'Keys', 'the incarnation under which its runs are kept'),
    Row(r'rqpp:runs:w1~<execution> .*', only_ours, 'Keys', 'what the worker has claimed and not ended'),
    Row(r'rq:results:\S+( \w+)? \[\d\]\.rqpp_usage', only_ours, 'Results', 'what the run cost'),
]

# What a worker does only while its jobs are quick: whether they are is up to the machine.
AT_TIMES = [
    Row(r'rq:job:\S+( \w+)? last_heartbeat', are('<time>', None), 'Where rqpp differs',
        'a run that is over within 20 ms gives no sign of life in between'),
    Row(r'rq:rl:\S+ .*|rq:rl-keys .*', only_theirs, 'Maintenance',
        'a worker that cleans up after its last job forgets a limit that no job uses'),
]

if RQ >= (3, 0):
    INTENDED += [
        Row(r'rq:clean_groups .*', only_theirs, 'Maintenance', 'groups are cleaned under our own lock'),
        Row(r'rq:worker:w1 (current_job|current_job_working_time)', only_ours, 'Keys',
            'older versions read there what a worker does'),
        Row(r'rq:worker:w1:executions \(ttl\)', are(Seconds(90), 'none'), 'Where rqpp differs',
            'what a worker runs does not expire while it runs'),
        Row(r'rq:queue:q:intermediate .*', only_theirs, 'Maintenance',
            'RQ leaves the id of a job that is gone there until it is stuck'),
    ]
else:
    INTENDED += [
        Row(r'rq:worker:w1 current_job_working_time', are('0', None), 'Where rqpp differs',
            'who has no job has not worked on it for 0 s'),
        Row(r'rq:worker:w1:executions .*', only_ours, 'Keys', 'RQ 3 reads here what it runs'),
        Row(r'rq:execution:j1:<execution> job_id', only_ours, 'Keys', 'RQ 3 has this field'),
    ]
if (2, 3) <= RQ < (3, 0):
    INTENDED += [
        Row(r'rq:(job:j1 repeat_intervals|scheduled:q j1)', both_say_something, 'Where rqpp differs',
            'RQ 3 takes the waits of a repeat from the front, older versions from the end'),
    ]
if RQ >= (2, 7):
    INTENDED += [
        Row(r'rq:cron_scheduler:c1 (config_file|name|pid)', both_say_something, 'Cron',
            'they are two programs'),
        Row(r'rqpp:cron:\S+ .*', only_ours, 'Cron', 'copies of a file agree there on who enqueues what'),
    ]
if RQ >= (2, 8):
    INTENDED += [
        Row(r'rq:results:j1 \[0\]\.execution_ended_at', are(None, '<epoch>'), 'Where rqpp differs',
            'the result of a job that was stopped says when'),
        Row(r'rq:results:j1 \[0\]\.execution_(id|started_at|ended_at)', only_ours, 'Maintenance',
            'who takes a run over ends it as one of its own'),
    ]
if RQ >= (2, 5):
    INTENDED += [
        Row(r'rq:results:j1 \[0\]\.exc_string',
            lambda there, here: 'AbandonedJobError' in str(there) and "worker 'gone' was lost" in str(here),
            'Maintenance', 'below the words of RQ stands which worker was lost'),
        Row(r'rq:results:j1 \[0\]\.worker_name', are('', 'w1'), 'Maintenance',
            'the run is ended by the worker that took it over'),
    ]
if RQ < (2, 12):
    INTENDED += [
        Row(r'rq:job:j1 \(ttl\)', are('none', Seconds(50)), 'Scheduled jobs',
            'newer versions let the ttl of a scheduled job begin at once'),
        Row(r'rq:execution:j1:<execution> worker_name', only_ours, 'Keys',
            'newer versions have this field'),
    ]
if RQ < (2, 8):
    INTENDED += [
        Row(r'rq:results:\S+( \w+)? \[\d\]\.execution_(id|started_at|ended_at)', only_ours, 'Keys',
            'newer versions have these fields'),
    ]
if RQ < (2, 5):
    INTENDED += [
        Row(r'rq:results:\S+( \w+)? \[\d\]\.worker_name', are(None, 'w1'), 'Keys',
            'newer versions have this field'),
    ]
if not EXECUTIONS:
    INTENDED += [
        Row(r'rq:executions?:j1.*', only_ours, 'Keys', 'RQ 2 has these keys'),
        Row(r'rq:wip:q j1', only_theirs, 'Keys', 'RQ 1 writes the bare id'),
        Row(r'rq:wip:q j1:<execution>', only_ours, 'Keys', 'RQ 2 adds the execution'),
    ]
if RQ < (1, 16):
    INTENDED += [
        Row(r'rq:clean_registries:q .*', only_theirs, 'Keys', 'later it is deleted after the cleaning'),
    ]


if RQ >= (2, 3):
    INTENDED += [
        Row(r'rq:job:j1 result', only_theirs, 'Reruns',
            'RQ writes a field that it has not used since RQ 1.12'),
    ]

if (2, 3) <= RQ < (2, 8):
    INTENDED += [
        Row(r'rq:job:j1 status',
            lambda there, here: there in ('started', 'finished') and here == 'scheduled', 'Reruns',
            'RQ before 2.8 leaves the word of the run that is over'),
    ]


class Side:
    """Who plays a scene, with what both do in the same way."""

    def __init__(self, test):
        self.test = test
        self.redis = test.redis
        self.queue = Queue('q', connection=self.redis)
        self.folder = test.server.folder / 'held'
        self.worker = None

    def hold(self, **options):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.queue.enqueue('twin.hold', str(self.folder), job_id='j1', **options)

    def start(self):
        self.worker = self.start_worker('--name', 'w1', 'q')

    def wait_until_idle(self):
        # A busy worker of RQ lives for 90 s at a time, an idle one for longer.
        # Both clean up at their start, under a lock that is gone when they have done so.
        wait_for(lambda: (self.redis.hget('rq:worker:w1', 'state') == b'idle'
                          and self.redis.ttl('rq:worker:w1') > 90
                          and not self.redis.exists('rq:clean_registries:q')), 'idleness')

    def wait_until_running(self):
        self.test.wait_until_running(self.folder)
        wait_for(lambda: self.redis.hget('rq:job:j1', 'status') == b'started', 'the start')

    def wait_until_beaten(self):
        at_first = self.redis.hget('rq:job:j1', 'last_heartbeat')
        deadline = time.monotonic() + 45
        while self.redis.hget('rq:job:j1', 'last_heartbeat') == at_first:
            self.test.assertLess(time.monotonic(), deadline, 'no heartbeat of the job')
            time.sleep(0.1)

    def name_the_worker(self):
        """Those of a pool have random names."""
        for key in self.redis.keys('rq:worker:*'):
            self.redis.rename(key, 'rq:worker:w1')

    def wait_until_cron_has_run(self):
        key = wait_for(lambda: self.redis.keys('rq:cron_scheduler:*'), 'the scheduler')[0]
        wait_for(lambda: b'"latest_enqueue_time": "' in self.redis.hget(key, 'cron_jobs'), 'the first run')
        member = key.removeprefix(b'rq:cron_scheduler:')
        self.redis.zadd('rq:cron_schedulers', {'c1': self.redis.zscore('rq:cron_schedulers', member)})
        self.redis.zrem('rq:cron_schedulers', member)
        self.redis.rename(key, 'rq:cron_scheduler:c1')
        job_id = self.redis.lindex('rq:queue:q', 0)
        self.redis.lset('rq:queue:q', 0, 'j1')
        self.redis.rename(b'rq:job:' + job_id, 'rq:job:j1')
        for jobs in self.redis.keys('rq:cron_job:*:jobs'):
            self.redis.zadd(jobs, {'j1': self.redis.zscore(jobs, job_id)})
            self.redis.zrem(jobs, job_id)

    def wait_until_finished(self):
        wait_for(lambda: self.redis.hget('rq:job:j1', 'status') == b'finished', 'the end')
        wait_for(lambda: not self.redis.hget('rq:worker:w1', 'current_job'), 'the end')

    def stop(self):
        self.worker.signal(signal.SIGTERM)
        self.test.assertEqual(self.worker.wait(), 0, self.worker.log)

    def clean_up(self):
        if self.worker:
            self.worker.end()


class Stock(Side):
    """RQ alone."""

    def produce(self, scene):
        STOCK_SCENES[scene](self.queue)

    def work(self):
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        Worker([self.queue], name='w1', connection=self.redis).work(
            burst=True, logging_level='CRITICAL')
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def start_worker(self, *words):
        return self.test.start_python_worker(*words)

    def run_inline(self, *call):
        # RQ runs the job where it is enqueued.
        Queue('q', is_async=False, connection=self.redis).enqueue(*call, job_id='j1')

    def cancel(self):
        Job.fetch('j1', connection=self.redis).cancel()

    def requeue(self):
        Job.fetch('j1', connection=self.redis).requeue()

    def delete(self):
        Job.fetch('j1', connection=self.redis).delete()

    def cancel_and_enqueue_dependents(self):
        Job.fetch('j1', connection=self.redis).cancel(enqueue_dependents=True)

    def cancel_and_leave_parents(self):
        Job.fetch('j2', connection=self.redis).cancel(remove_from_dependencies=True)

    def delete_with_dependents(self):
        Job.fetch('j1', connection=self.redis).delete(delete_dependents=True)

    def requeue_failed(self):
        for job_id in self.queue.failed_job_registry.get_job_ids():
            self.queue.failed_job_registry.requeue(job_id)

    def delete_failed(self):
        for job_id in self.queue.failed_job_registry.get_job_ids():
            self.queue.failed_job_registry.remove(job_id, delete_job=True)

    def empty(self):
        self.queue.empty()

    def destroy(self):
        self.queue.delete()

    def work_in_pool(self):
        self.test.run_to_end(self.test.rq_command('worker-pool', '--num-workers', '1', '--burst', 'q'))

    def start_cron(self):
        path = self.test.temporary_folder() / 'jobs.py'
        path.write_text('from rq import cron\nimport twin\n'
                        "cron.register(twin.add, 'q', args=(40, 2), interval=3600)\n")
        self.worker = self.test.start(self.test.rq_command('cron', path))

    def schedule(self):
        scheduler = RQScheduler([self.queue], connection=self.redis)
        scheduler.acquire_locks()
        scheduler.enqueue_scheduled_jobs()
        scheduler.release_locks()


class Rqpp(Side):
    """rqpp alone."""

    def produce(self, scene):
        self.test.produce('scenario', scene)

    def work(self):
        self.test.work('--name', 'w1', 'q')

    def start_worker(self, *words):
        return self.test.start_worker(*words)

    def run_inline(self, *call):
        # rqpp runs what is queued, in a process of the user's own.
        self.queue.enqueue(*call, job_id='j1')
        self.test.run_to_end([DRAIN, self.test.server.url, MODULES[0]])

    def cancel(self):
        self.test.produce('cancel', 'j1')

    def requeue(self):
        self.test.produce('requeue', 'j1')

    def delete(self):
        self.test.produce('delete', 'j1')

    def cancel_and_enqueue_dependents(self):
        self.test.produce('cancel-and-enqueue-dependents', 'j1')

    def cancel_and_leave_parents(self):
        self.test.produce('cancel-and-leave-parents', 'j2')

    def delete_with_dependents(self):
        self.test.produce('delete-with-dependents', 'j1')

    def requeue_failed(self):
        self.test.produce('requeue-failed')

    def delete_failed(self):
        self.test.produce('delete-failed')

    def empty(self):
        self.test.produce('empty')

    def destroy(self):
        self.test.produce('destroy')

    def work_in_pool(self):
        paths = [word for folder in MODULES for word in ('--path', folder)]
        self.test.run_to_end(self.test.rqpp_command('worker-pool', *paths, '-n', '1', '--burst', 'q'))

    def start_cron(self):
        path = self.test.temporary_folder() / 'jobs.cron'
        path.write_text('[twin.add]\nrun = twin.add :40 :2\nevery = 1h\nqueue = q\nresult-ttl = 500s\n')
        self.worker = self.test.start(self.test.rqpp_command('cron', path))

    def schedule(self):
        process = self.test.start(self.test.rqpp_command('scheduler', 'q'))
        wait_for(lambda: self.redis.zcard('rq:scheduled:q') == 0, 'the enqueueing')
        process.signal(signal.SIGTERM)
        self.test.assertEqual(process.wait(), 0, process.log)


def add(queue, **options):
    queue.enqueue('twin.add', 2, 3, **{'job_id': 'j1', **options})


def fail(queue, **options):
    queue.enqueue('twin.fail', 'boom', job_id='j1', **options)


IN_2096 = datetime.datetime(2096, 2, 29, 10, tzinfo=datetime.timezone.utc)


def add_later(queue, **options):
    queue.enqueue_at(IN_2096, 'twin.add', 2, 3, job_id='j1', **options)


def add_after(queue, **options):
    add(queue)
    add(queue, **{'job_id': 'j2', 'depends_on': 'j1', **options})


def fail_and_after(queue, **options):
    fail(queue)
    add(queue, job_id='j2', depends_on=Dependency(['j1'], **options))


def add_many_after(queue):
    add(queue)
    queue.enqueue_many(
        [Queue.prepare_data('twin.add', (n,), depends_on='j1') for n in range(3)])

def add_unique(queue):
    for _ in range(2):
        try:
            add(queue, ttl=50, unique=True)
        except DuplicateJobError:
            pass


# The lines of scenarios.cc once more.
STOCK_SCENES = {
    'plain': add,
    'keywords': lambda q: q.enqueue('twin.add', 2, b=3, job_id='j1'),
    'no arguments': lambda q: q.enqueue('twin.nothing', job_id='j1'),
    'long argument': lambda q: q.enqueue('twin.echo', 'x' * 5000, job_id='j1'),
    'timeout': lambda q: add(q, job_timeout=30),
    'no timeout': lambda q: add(q, job_timeout=-1),
    'ttl': lambda q: add(q, ttl=50),
    'result_ttl 30': lambda q: add(q, result_ttl=30),
    'result_ttl -1': lambda q: add(q, result_ttl=-1),
    'result_ttl 0': lambda q: add(q, result_ttl=0),
    'failing': fail,
    'failure_ttl 30': lambda q: fail(q, failure_ttl=30),
    'failure_ttl -1': lambda q: fail(q, failure_ttl=-1),
    'failure_ttl 0': lambda q: fail(q, failure_ttl=0),
    'described': lambda q: add(q, description='two and three'),
    'meta': lambda q: add(q, meta={'who': 'me', 'n': 1}),
    'at_front': lambda q: (add(q), add(q, job_id='j2', at_front=True)),
    'many': lambda q: q.enqueue_many([Queue.prepare_data('twin.add', (n,)) for n in range(3)]),
    'scheduled': add_later,
    'scheduled ttl': lambda q: add_later(q, ttl=50),
    'scheduled at_front': lambda q: add_later(q, at_front=True),
    'due': lambda q: q.enqueue_in(datetime.timedelta(), 'twin.add', 2, 3, job_id='j1'),
    'child': lambda q: add(q, job_id='j2', depends_on='j1'),
    'after another': add_after,
    'after another, ttl': lambda q: add_after(q, ttl=50),
    'after another, at front': lambda q: add_after(
        q, depends_on=Dependency(['j1'], enqueue_at_front=True)),
    'after two': lambda q: (add_after(q), add(q, job_id='j3', depends_on=['j1', 'j2'])),
    'after nobody': lambda q: add(q, depends_on='nobody'),
    'after a failure': fail_and_after,
    'after a failure that is allowed': lambda q: fail_and_after(q, allow_failure=True),
    'many after another': add_many_after,

    **({'unique': lambda q: add_unique(q)} if RQ >= (2, 8) else {}),
    'callbacks': lambda q: add(q, on_success=Callback('twin.note'), on_failure=Callback('twin.note'),
                               on_stopped=Callback('twin.nothing')),
    'json': lambda q: add(Queue('q', connection=q.connection, serializer=JSONSerializer)),
    'retry': lambda q: fail(q, retry=Retry(max=2)),
    'retry waits': lambda q: fail(q, retry=Retry(max=3, interval=[60, 90])),
}
if RQ >= (2, 3):
    STOCK_SCENES |= {
        'repeat': lambda q: add(q, repeat=Repeat(times=2)),
        'repeat waits': lambda q: add(q, repeat=Repeat(times=3, interval=[60, 90])),
        'repeat, result_ttl 0': lambda q: add(q, result_ttl=0, repeat=Repeat(times=1, interval=60)),
        'repeat, result_ttl -1': lambda q: add(q, result_ttl=-1, repeat=Repeat(times=1)),
        'repeat, ttl': lambda q: add(q, ttl=50, repeat=Repeat(times=1, interval=60)),
        'repeat a failure': lambda q: fail(q, repeat=Repeat(times=2)),
    }
if RQ >= (2, 8):
    STOCK_SCENES |= {
        'retry at front': lambda q: fail(q, retry=Retry(max=1, enqueue_at_front=True)),
    }
if RQ >= (3, 0):
    from rq import RateLimit

    ONE_AT_ONCE = {'rate_limit': RateLimit('api', 1)}
    STOCK_SCENES |= {
        'limited': lambda q: (add(q, **ONE_AT_ONCE), add(q, job_id='j2', **ONE_AT_ONCE)),
        'limited, failing': lambda q: (fail(q, **ONE_AT_ONCE), add(q, job_id='j2', **ONE_AT_ONCE)),
        'limited, failing, retry waits': lambda q: (
            fail(q, retry=Retry(max=1, interval=60), **ONE_AT_ONCE), add(q, job_id='j2', **ONE_AT_ONCE)),
        'limited, at front': lambda q: (add(q, job_id='j2'), add(q, at_front=True, **ONE_AT_ONCE)),
        'limited, scheduled': lambda q: add_later(q, **ONE_AT_ONCE),
        'limited, after another': lambda q: add_after(q, **ONE_AT_ONCE),
    }


if RQ >= (2, 10):
    from rq import Webhook

    STOCK_SCENES['webhooks'] = lambda q: add(q, webhooks=[
        Webhook('http://127.0.0.1:1/done', 'finished'),
        Webhook('http://127.0.0.1:1/x?y=1', 'failed', method='POST', headers={'X-Key': 'abc'},
                timeout=5)])

if RQ >= (2, 0):
    from rq.group import Group

    STOCK_SCENES['group'] = lambda q: Group.create(q.connection, 'g').enqueue_many(
        q, [Queue.prepare_data('twin.add', (n,)) for n in range(3)])


def produce(scene):
    return lambda side: side.produce(scene)


def work(side):
    side.work()


def cancel(side):
    side.cancel()


def requeue(side):
    side.requeue()


def ask_again(*words, **options):
    return lambda side: side.queue.enqueue('twin.ask_again', *words, job_id='j1', **options)


def mend(side):
    """The job that failed does something else from now on."""
    side.redis.hset('rq:job:j1', 'data', Job.create(
        'twin.add', (2, 3), connection=side.redis).to_dict()['data'])


def stop_job(side):
    wait_for(lambda: side.redis.pubsub_numsub('rq:pubsub:w1')[0][1] == 1, 'the subscription')
    send_stop_job_command(side.redis, 'j1')
    wait_for(lambda: side.redis.hget('rq:job:j1', 'status') == b'stopped', 'the stop')


def delete(side):
    side.delete()


def schedule(side):
    # Ours are due at the next whole second, RQ's were at the last one.
    wait_for(lambda: side.redis.zcount('rq:scheduled:q', 0, time.time()) == 1, 'its time')
    side.schedule()


def cancel_and_enqueue_dependents(side):
    side.cancel_and_enqueue_dependents()


def cancel_and_leave_parents(side):
    side.cancel_and_leave_parents()


def delete_with_dependents(side):
    side.delete_with_dependents()


def empty(side):
    side.empty()


def leave_running(side):
    """As a worker of Python that was killed while it ran the job, two minutes ago."""
    side.redis.lpop('rq:queue:q')
    side.redis.hset('rq:job:j1', mapping={'status': 'started', 'worker_name': 'gone'})
    side.redis.zadd('rq:wip:q', {'j1:e1' if EXECUTIONS else 'j1': time.time() - 30})
    for key in ('rq:workers', 'rq:workers:q'):
        side.redis.sadd(key, 'rq:worker:gone')


def leave_in_between(side):
    """As a worker of Python that was killed when it had taken the job out of the queue."""
    side.redis.lmove('rq:queue:q', 'rq:queue:q:intermediate', 'LEFT', 'RIGHT')
    side.redis.hset('rq:job:j1', 'enqueued_at', '2026-01-01T00:00:00.000000Z')
    side.redis.set('rq:queue:q:intermediate:first_seen:j1', time.time() - 100, ex=86400)


def destroy(side):
    side.destroy()


def start_cron(side):
    side.start_cron()


def shut_down(side):
    wait_for(lambda: side.redis.pubsub_numsub('rq:pubsub:w1')[0][1] == 1, 'the subscription')
    send_shutdown_command(side.redis, 'w1')
    side.test.assertEqual(side.worker.wait(), 0, side.worker.log)


def hold_for_a_second(side):
    side.hold(job_timeout=1)


def work_in_pool(side):
    side.work_in_pool()


def let_expire(side):
    for registry in ('finished', 'failed'):
        side.redis.zadd(f'rq:{registry}:q', {'late': time.time() - 10, 'early': time.time() + 100})


def retry_once(side):
    side.queue.enqueue('twin.add', 2, 3, job_id='j1', retry=Retry(1))


class SameKeys(InteropTest):
    needed = set()  # rows of INTENDED that some comparison has called for
    played = 0

    @classmethod
    def tearDownClass(cls):
        if cls.played < 16:
            return  # somebody asked for a few tests only
        idle = [row.reason for row in INTENDED if row not in cls.needed]
        if idle:
            raise AssertionError(f'nothing differs that these rows of INTENDED explain: {idle}')

    def setUp(self):
        super().setUp()
        type(self).played += 1

    def assert_same(self, name, *steps):
        """Plays the steps on both sides and compares; a step is a function of a side."""
        with self.subTest(name):
            dumps = []
            for side in (Stock(self), Rqpp(self)):
                self.redis.flushall()
                for step in steps:
                    step(side)
                dumps.append(Snapshot(self.redis))
                side.clean_up()
            self.compare(*dumps)

    def compare(self, theirs, ours):
        wrong = []
        for path, there, here in differences(theirs, ours):
            rows = [row for row in INTENDED + AT_TIMES
                    if re.fullmatch(row.path, path) and row.check(there, here)]
            self.needed.update(rows[:1])
            if not rows:
                wrong.append(f'{path}: {there!r} in RQ, {here!r} in rqpp')
        self.assertEqual(wrong, [], '\n'.join(['', *wrong]))

    def test_the_protocol_document_has_the_sections_that_are_named(self):
        document = (HERE.parent.parent / 'docs' / 'protocol.md').read_text()
        titles = re.findall(r'(?m)^## (.*)$', document)
        for row in INTENDED + AT_TIMES:
            self.assertTrue(any(title.startswith(row.section) for title in titles), row)

    def test_what_a_producer_writes(self):
        for scene in STOCK_SCENES:
            self.assert_same(scene, produce(scene))

    def test_what_a_run_leaves(self):
        for scene in STOCK_SCENES:
            if scene != 'json':  # which a stock worker would have to be told
                self.assert_same(scene, produce(scene), work)

    def test_a_task_that_asks_for_another_run(self):
        if RQ < (2, 8):
            self.skipTest('RQ neither counts a run that waits nor keeps its result before 2.8')
        for ttl in (None, 0, -1, 30):
            self.assert_same(f'waits, failure_ttl {ttl}', ask_again(3, [60], failure_ttl=ttl), work)

    def test_a_task_that_asks_once_too_often(self):
        if RQ < (2, 8):
            self.skipTest('RQ has a result of its own for it from 2.8 on')
        for ttl in (None, -1, 30):
            self.assert_same(f'failure_ttl {ttl}', ask_again(2, [0], failure_ttl=ttl), work)

    def test_a_job_that_was_stopped(self):
        self.assert_same('', Side.hold, Side.start, Side.wait_until_running, stop_job,
                         Side.wait_until_idle)

    def test_a_scheduled_job_whose_time_has_come(self):
        self.assert_same('', produce('due'), schedule)

    def test_cancel_of_what_is_scheduled(self):
        self.assert_same('', produce('scheduled'), cancel)

    def test_delete_of_what_is_scheduled(self):
        self.assert_same('', produce('scheduled'), delete)

    def test_cancel_of_what_waits(self):
        self.assert_same('', produce('plain'), cancel)

    def test_cancel_of_what_finished(self):
        self.assert_same('', produce('plain'), work, cancel)

    def test_cancel_of_what_failed(self):
        self.assert_same('', produce('failing'), work, cancel)

    def test_delete_of_what_waits(self):
        self.assert_same('', produce('plain'), delete)

    def test_delete_of_what_finished(self):
        self.assert_same('', produce('plain'), work, delete)

    def test_delete_of_what_failed(self):
        self.assert_same('', produce('failing'), work, delete)

    def test_what_waits_for_a_job_that_ended_before(self):
        self.assert_same('', produce('plain'), work, produce('child'))

    def test_cancel_that_enqueues_dependents(self):
        self.assert_same('', produce('after another'), cancel_and_enqueue_dependents)

    def test_cancel_of_what_others_wait_for(self):
        self.assert_same('', produce('after another'), cancel)

    @unittest.skipIf(RQ < (2, 0), 'later versions can do this')
    def test_cancel_of_what_waits_for_others(self):
        self.assert_same('', produce('after another'), cancel_and_leave_parents)

    def test_delete_of_what_others_wait_for(self):
        self.assert_same('', produce('after another'), delete)

    def test_delete_with_dependents(self):
        self.assert_same('', produce('after another'), delete_with_dependents)

    def test_a_failure_that_succeeds_when_it_is_queued_again(self):
        self.assert_same('', produce('after a failure'), work, mend, requeue, work)

    def test_requeue(self):
        self.assert_same('', produce('failing'), work, requeue)

    def test_requeue_of_all_that_failed(self):
        self.assert_same('', produce('failing'), work, lambda side: side.requeue_failed())

    def test_delete_of_all_that_failed(self):
        self.assert_same('', produce('failing'), work, lambda side: side.delete_failed())

    def test_a_second_run(self):
        self.assert_same('', produce('failing'), work, requeue, work)

    def test_emptying_a_queue(self):
        self.assert_same('', produce('many'), empty)

    def test_deleting_a_queue(self):
        self.assert_same('', produce('many'), destroy)

    def test_registries_that_have_kept_for_long_enough(self):
        self.assert_same('', let_expire, work)

    @unittest.skipIf(RQ < (2, 5), 'RQ 1 keeps no result of such a run')
    def test_what_a_killed_worker_ran(self):
        self.assert_same('', produce('plain'), leave_running, work)

    def test_what_a_killed_worker_ran_and_may_run_again(self):
        self.assert_same('', retry_once, leave_running, work)

    def test_what_a_killed_worker_took_and_did_not_start(self):
        self.assert_same('', produce('plain'), leave_in_between, work)

    def test_a_job_that_saves_its_meta(self):
        self.assert_same('', lambda side: side.queue.enqueue(
            'twin.set_meta', 'page', 7, job_id='j1', meta={'who': 'me'}), work)

    @unittest.skipUnless(DRAIN.exists(), 'rqpp::testing is not built')
    def test_a_job_that_runs_without_a_worker(self):
        for call in (('twin.add', 2, 3), ('twin.fail', 'boom')):
            self.assert_same(call[0], lambda side, call=call: side.run_inline(*call))

    @unittest.skipIf(RQ < (3, 0), 'RQ has no such limit')
    def test_of_two_limited_jobs_the_one_that_has_the_slot(self):
        self.assert_same('canceled', produce('limited'), cancel)
        self.assert_same('deleted', produce('limited'), delete)
        self.assert_same('failed, requeued', produce('limited, failing'), work, requeue)

    @unittest.skipIf(RQ < (3, 0), 'RQ has no such limit')
    def test_a_limited_job_whose_time_has_come(self):
        self.assert_same('', lambda side: side.queue.enqueue_in(
            datetime.timedelta(), 'twin.add', 2, 3, job_id='j1', **ONE_AT_ONCE), schedule)

    @unittest.skipIf(RQ < (3, 0), 'RQ has no such limit')
    def test_a_slot_whose_job_is_gone(self):
        self.assert_same('', produce('limited'), lambda side: side.redis.delete('rq:job:j1'), work)

    def test_an_idle_worker(self):
        self.assert_same('', Side.start, Side.wait_until_idle)

    def test_a_worker_that_has_worked(self):
        self.assert_same('', Side.start, Side.wait_until_idle, produce('plain'),
                         Side.wait_until_finished, Side.wait_until_idle)

    def test_a_running_job(self):
        self.assert_same('', Side.hold, Side.start, Side.wait_until_running)

    @unittest.skipIf(RQ < (3, 0), 'it takes a minute, so once is enough')
    def test_a_job_that_has_run_for_a_while(self):
        self.assert_same('', Side.hold, Side.start, Side.wait_until_running, Side.wait_until_beaten)

    def test_a_job_that_takes_too_long(self):
        self.assert_same('', hold_for_a_second, work)

    def test_a_worker_that_is_shut_down_by_a_command(self):
        self.assert_same('', Side.start, Side.wait_until_idle, shut_down)

    @unittest.skipIf(RQ < (2, 7), 'older versions show less of a cron scheduler')
    def test_a_cron_job_that_has_been_enqueued(self):
        self.assert_same('', start_cron, Side.wait_until_cron_has_run)

    @unittest.skipIf(RQ < (2, 0), 'RQ 1 has pools that end otherwise')
    def test_what_a_pool_leaves(self):
        self.assert_same('', produce('plain'), work_in_pool, Side.name_the_worker)

    def test_a_worker_that_was_told_to_stop(self):
        self.assert_same('', Side.start, Side.wait_until_idle, Side.stop)


if __name__ == '__main__':
    unittest.main()
