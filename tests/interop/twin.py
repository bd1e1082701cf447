"""The tasks of twin.cc once more, for workers of Python: both sides know them by the same names."""

import datetime
import decimal
import os
import time
import uuid

from rq import Retry, get_current_job


def add(a, b=0):
    return a + b


def echo(value):
    return value


def nothing():
    return None


def fail(text):
    raise ValueError(text)


def hold(folder):
    """Runs until a file `release` appears in the folder; says where it runs in `running`."""
    with open(os.path.join(folder, 'running.new'), 'w') as file:
        file.write(str(os.getpid()))
    os.rename(os.path.join(folder, 'running.new'), os.path.join(folder, 'running'))
    deadline = time.monotonic() + 60
    while not os.path.exists(os.path.join(folder, 'release')):
        if time.monotonic() > deadline:
            raise TimeoutError('nobody released the job')
        time.sleep(0.01)
    return 'released'


def ask_again(max, waits, at_front=False):
    """Asks for another run, each time."""
    if at_front:
        return Retry(max=max, interval=waits, enqueue_at_front=True)
    return Retry(max=max, interval=waits)


def ask_first(path, max):
    """Asks for another run until the file exists, which the first run makes."""
    if os.path.exists(path):
        return 'done'
    with open(path, 'w'):
        return Retry(max=max)


def set_meta(key, value):
    job = get_current_job()
    job.meta[key] = value
    job.save_meta()


def note(job, connection, *told):
    """A callback: notes in the job's meta what it is told."""
    job.meta['told'] = told[0]
    job.save_meta()


def describe(*args, **kwargs):
    """What has arrived here, types included."""
    return f'{args!r} {kwargs!r}'


# The values that travel in both directions, by the names that producer.cc uses too.
VALUES = {
    'none': None,
    'true': True,
    'false': False,
    'int': 42,
    'negative_int': -7,
    'int64': 2**63 - 1,
    'big_int': 2**200,
    'negative_big_int': -(2**100),
    'float': 0.1,
    'huge_float': 1e300,
    'text': 'naïve €\U0001f600\n\'"',
    'empty_text': '',
    'long_text': 'long ' * 5000,
    'list': [1, 2, 3],
    'empty_list': [],
    'mixed_list': [None, True, 1, 2.5, 'x'],
    'dict': {'a': 1, 'b': 2},
    'nested': {'jobs': [{'id': 1, 'tags': ['a', 'b']}, {'id': 2, 'tags': []}]},
    'tuple': (1, 'two', 3.0),
    'nested_tuple': ((1, 2), [(3,)]),
    'bytes': b'\x00\xffbytes',
    'bytearray': bytearray(b'\x01\x02'),
    'set': {1, 2, 3},
    'frozenset': frozenset({'a', 'b'}),
    'int_keys': {1: 'one', 2: 'two'},
    'datetime': datetime.datetime(2026, 11, 23, 9, 20, 30, 123456, datetime.timezone.utc),
    'naive_datetime': datetime.datetime(1999, 12, 31, 23, 59, 59),
    'zoned_datetime': datetime.datetime(
        2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
    'date': datetime.date(2026, 11, 23),
    'time': datetime.time(9, 20, 30, 5),
    'timedelta': datetime.timedelta(days=-1, seconds=3, microseconds=7),
    'decimal': decimal.Decimal('1.50'),
    'uuid': uuid.UUID('12345678-9abc-4def-8123-456789abcdef'),
}

# JSON knows no tuples, bytes, sets and times.
JSON_NAMES = [
    'none', 'true', 'false', 'int', 'negative_int', 'int64', 'big_int', 'negative_big_int', 'float',
    'huge_float', 'text', 'empty_text', 'long_text', 'list', 'empty_list', 'mixed_list', 'dict',
    'nested',
]
