"""Whatever lies in Redis: the worker lives, the job ends in `failed` with a clear text, and neither
other jobs nor other keys are touched.
"""

import base64
import datetime
import fractions
import json
import pickle
import re
import unittest
import zlib

from support import GOLDEN, InteropTest

OF_THE_RUN = ('status', 'started_at', 'ended_at', 'worker_name', 'last_heartbeat')
NOW = '2026-11-23T09:20:30.123456Z'


class Thing:
    """An object that only Python can have."""


def call(name, *args, **kwargs):
    return pickle.dumps((name, None, args, kwargs), protocol=4)


def hash_of(**fields):
    """A job that would run, but for what `fields` change in it; None leaves a field out."""
    whole = {'created_at': NOW, 'enqueued_at': NOW, 'data': call('twin.add', 1, 2), 'status': 'queued',
             'origin': 'q', 'description': 'a job', 'timeout': '180', **fields}
    return {field: value for field, value in whole.items() if value is not None}


class Hostile(InteropTest):
    def play(self, jobs):
        """Lets one worker meet all these jobs, and a good one after each. Returns its log."""
        for job_id, fields in jobs.items():
            if fields:
                self.redis.hset(f'rq:job:{job_id}', mapping=fields)
            self.redis.rpush('rq:queue:q', job_id)
            self.queue.enqueue('twin.add', 20, 22, job_id='good')
        self.redis.set('somebody:elses', 'text')
        self.redis.hset('rq:job:waiting', mapping={'status': 'queued', 'origin': 'q'})
        others = self.others(jobs)

        log = self.work('--name', 'w1', 'q')

        self.assertEqual(self.redis.xlen('rq:results:good'), len(jobs), log)
        self.assertEqual(self.fetch('good').return_value(), 42, log)
        self.assertEqual(self.redis.llen('rq:queue:q'), 0)
        self.assertEqual(self.others(jobs), others)
        self.assertLessEqual(set(self.redis.keys('rqpp:*')), {b'rqpp:maintenance'})
        self.assertEqual(self.redis.zcard('rq:wip:q'), 0)
        self.assertEqual(self.redis.keys('rq:execution*'), [])
        self.assertEqual(self.redis.hgetall('rq:job:waiting'), {b'status': b'queued', b'origin': b'q'})
        return log

    def others(self, jobs):
        """The keys that are not of these jobs, of the good one, of the worker or of a registry."""
        ids = '|'.join(re.escape(job_id) for job_id in (*jobs, 'good'))
        own = re.compile(rf'rq:(job|results):({ids})|rq:worker\b.*|rq:workers.*|'
                         r'rq:(failed|finished|queue):q|rq:queues|rqpp:maintenance')
        keys = {key.decode() for key in self.redis.keys('*')}
        return {key for key in keys if not own.fullmatch(key)}

    def hash(self, job_id):
        return self.redis.hgetall(f'rq:job:{job_id}')

    def error(self, job_id):
        entries = self.redis.xrevrange(f'rq:results:{job_id}', count=1)
        if not entries or b'exc_string' not in entries[0][1]:
            return None
        return zlib.decompress(base64.b64decode(entries[0][1][b'exc_string'])).decode()

    def assert_fail(self, cases):
        """cases: name → (fields of the hash, pattern of the error)."""
        jobs = {f'j{i}': fields for i, (fields, _) in enumerate(cases.values())}
        self.play(jobs)
        self.assertEqual(set(self.registry_ids('failed')), set(jobs))
        for (name, (_, text)), (job_id, fields) in zip(cases.items(), jobs.items()):
            with self.subTest(name):
                found, error = self.hash(job_id), self.error(job_id)
                self.assertEqual(found[b'status'], b'failed')
                self.assertIsNotNone(error, 'no result tells why')
                self.assertRegex(error, text)
                # All that was there is there still, but for what the run itself says.
                for field, value in fields.items():
                    if field not in OF_THE_RUN:
                        value = value if isinstance(value, bytes) else value.encode()
                        self.assertEqual(found[field.encode()], value, field)

    def assert_run(self, jobs):
        log = self.play(jobs)
        self.assertEqual(self.registry_ids('failed'), [], log)
        for job_id in jobs:
            with self.subTest(job_id):
                self.assertEqual(self.hash(job_id)[b'status'], b'finished')
                self.assertEqual(self.redis.xlen(f'rq:results:{job_id}'), 1)


class Hashes(Hostile):
    """The table of 8.2, where Python workers die of much of this."""

    def test_hashes_that_name_no_job_are_skipped(self):
        jobs = {'no-hash': {}, 'no-data': hash_of(data=None), 'a-status': {'status': 'queued'}}

        self.play(jobs)

        self.assertEqual(self.registry_ids('failed'), [])
        for job_id, fields in jobs.items():
            with self.subTest(job_id):
                self.assertIsNone(self.error(job_id))
                self.assertEqual(self.hash(job_id),
                                 {field.encode(): value.encode() for field, value in fields.items()})

    def test_hashes_that_are_unusual_run(self):
        data = call('twin.add', 1, 2)
        cases = {
            'data alone': {'data': data},
            'zlib level 0': hash_of(data=zlib.compress(data, 0)),
            'zlib level 9': hash_of(data=zlib.compress(data, 9)),
            'pickle 2': hash_of(data=pickle.dumps(('twin.add', None, (1, 2), {}), 2)),
            'pickle 3': hash_of(data=pickle.dumps(('twin.add', None, (1, 2), {}), 3)),
            'pickle 5': hash_of(data=pickle.dumps(('twin.add', None, (1, 2), {}), 5)),
            'a list for the call': hash_of(data=pickle.dumps(['twin.add', None, [1, 2], {}])),
            'JSON': hash_of(data=json.dumps(['twin.add', None, [1, 2], {}])),
            'status created': hash_of(status='created'),
            'status ready_to_enqueue': hash_of(status='ready_to_enqueue'),
            'status rate_limited': hash_of(status='rate_limited'),
            'no status': hash_of(status=None),
            'no timeout': hash_of(timeout=None),
            'an empty timeout': hash_of(timeout=''),
            'empty numbers': hash_of(result_ttl='', failure_ttl='', retries_left=''),
            'ttl 0': hash_of(ttl='0'),
            'unknown fields': hash_of(colour='green', rqpp_note=b'\xff\x00'),
            'meta that nobody can read': hash_of(meta=b'\x80\x04garbage'),
            # Python's readers die of these two.
            'a time with nanoseconds': hash_of(created_at='2026-11-23T09:20:30.123456789Z'),
            'a time with an offset': hash_of(enqueued_at='2026-11-23T09:20:30.123456+00:00'),
            'a time without a fraction': hash_of(created_at='2026-11-23T09:20:30Z'),
            'empty fields of RQ': hash_of(success_callback_name='', started_at='', worker_name='',
                                          group_id='', dependency_id=''),
        }
        self.assert_run({name.replace(' ', '-'): fields for name, fields in cases.items()})

    def test_fields_that_nobody_can_read_fail_the_job(self):
        cases = {
            'timeout': ('1.5', 'timeout.*1.5'),
            'timeout in words': ('3m', 'timeout.*3m'),
            'result_ttl': ('1.5', 'result_ttl.*1.5'),
            'failure_ttl': ('soon', 'failure_ttl.*soon'),
            'ttl': ('9' * 40, 'ttl.*999'),
            'status': ('meditating', 'status.*meditating'),
            'created_at': ('2026-11-23', 'created_at.*2026-11-23'),
            'enqueued_at': ('2026-13-23T09:20:30.123456Z', 'enqueued_at.*2026-13'),
            'started_at': ('yesterday', 'started_at.*yesterday'),
        }
        self.assert_fail({name: (hash_of(**{name.split()[0]: value}), text)
                          for name, (value, text) in cases.items()})

    def test_texts_that_are_no_utf8_harm_nobody(self):
        self.assert_run({field: hash_of(**{field: b'\xff\xfe\x00'})
                         for field in ('description', 'worker_name', 'group_id')})

    def test_data_that_is_no_call_fails_the_job(self):
        good = call('twin.add', 1, 2)
        cases = {
            'garbage': b'garbage',
            'half a zlib stream': zlib.compress(good)[:-6],
            'half a pickle': good[:-4],
            'a pickle of protocol 0': pickle.dumps(('twin.add', None, (1, 2), {}), 0),
            'not four parts': pickle.dumps(('twin.add', None, (1, 2))),
            'a name that is no text': pickle.dumps((7, None, (1, 2), {})),
            'arguments that are no sequence': pickle.dumps(('twin.add', None, 7, {})),
            'keywords that are no dict': pickle.dumps(('twin.add', None, (1, 2), [1])),
            'keywords that are no text': pickle.dumps(('twin.add', None, (1,), {2: 3})),
            'a claimed length': b'\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fx.',
            'a claimed frame': b'\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.',
            'a deep list': b'\x80\x04' + b'(' * 100_000 + b'.',
            'a cycle': b'\x80\x04]\x94h\x00a.',
            'JSON that ends': b'["twin.add", null, [1',
            'deep JSON': b'[' * 100_000,
            'a zlib bomb': zlib.compress(bytes(2**29), 1),
        }
        self.assert_fail({name: (hash_of(data=data), '.') for name, data in cases.items()})

    def test_many_shared_parts_do_not_multiply(self):
        """Sixty lists of two references each would be 2^60 values."""
        value = ['x']
        for _ in range(60):
            value = [value, value]
        self.assert_fail({'': (hash_of(data=call('twin.echo', value)), '.')})

    def test_ids_with_odd_characters(self):
        self.assert_run({job_id: hash_of() for job_id in
                         ('with.dot', 'with space', 'naïve', '{curly}', '-', '%s', '*', 'a:b', ':', ':a::')})

    def test_keys_of_the_wrong_type(self):
        self.redis.rpush('rq:queue:q', 'j1')
        self.redis.rpush('rq:job:j1', 'I am a list')
        good = self.queue.enqueue('twin.add', 1)

        self.work()

        self.assertEqual(good.return_value(), 1)
        self.assertEqual(self.redis.lrange('rq:job:j1', 0, -1), [b'I am a list'])

    def test_results_of_the_wrong_type(self):
        job = self.queue.enqueue('twin.add', 1)
        self.redis.set(f'rq:results:{job.id}', 'I am no stream')

        self.work()

        self.assertEqual(job.return_value(), 1)


class PythonOnly(Hostile):
    """Calls that make sense in Python alone; see also head/jobs.json of the golden vectors."""

    def test_calls_recorded_from_rq(self):
        recorded = json.loads((GOLDEN / 'head' / 'jobs.json').read_text())
        cases = {case['name']: key for case in recorded['cases'] for key in case['keys']
                 if case['name'].startswith('func: ') and key['type'] == 'hash'}
        texts = {
            'func: bound method': 'vtasks.Thing',
            'func: classmethod': 'vtasks.Thing',
            'func: callable instance': 'vtasks.Thing',
            'func: lambda': 'vtasks.<lambda>',
            'func: staticmethod': 'vtasks',
            'func: string path': 'pkg',
            'func: builtin': 'builtins',
        }
        self.assertEqual(set(cases), set(texts))
        hashes = {name: {field: base64.b64decode(value['b64']) if 'b64' in value else value['text']
                         for field, value in key['fields'].items()}
                  for name, key in cases.items()}
        self.assert_fail({name: (fields, re.escape(texts[name])) for name, fields in hashes.items()})

    def test_objects_as_arguments(self):
        cases = {
            'an instance': (Thing(), r'Thing'),
            'a fraction': (fractions.Fraction(1, 3), r'fractions\.Fraction'),
            'a class': (datetime.datetime, r'datetime\.datetime'),
            'deep inside': ({'a': [1, {'b': (Thing(),)}]}, r'Thing'),
            'a complex number': (1j, 'complex'),
            'an exception': (ValueError('x'), 'ValueError'),
        }
        self.assert_fail({name: (hash_of(data=call('twin.echo', value)), text)
                          for name, (value, text) in cases.items()})

    def test_a_pickle_that_would_run_a_command_runs_nothing(self):
        folder = self.temporary_folder()
        mark = str(folder / 'mark').encode()
        attack = b'\x80\x04cos\nsystem\nX' + len(b'touch ' + mark).to_bytes(4, 'little') + \
            b'touch ' + mark + b'\x85R.'

        self.assert_fail({'': (hash_of(data=attack), '.')})

        self.assertFalse((folder / 'mark').exists())


class Mistakes(Hostile):
    def test_each_is_explained(self):
        cases = {
            'an unknown module': (call('nowhere.task'), r"no module for task 'nowhere\.task'"),
            'nearly a module': (call('twim.add', 1), r"Did you mean 'twin\.add'\?"),
            'an unknown task': (call('twin.ad', 1), r"no task 'twin\.ad' in .*twin\.so.*"
                                                    r"Did you mean 'twin\.add'\?"),
            'no name': (call(''), 'no task name'),
            'no module': (call('add', 1), "'add'"),
            'a path': (call('../../tmp/evil.task'), 'no task name'),
            'a name with a null': (call('twin.add\0'), 'no task name'),
            'too few': (call('twin.add'), r"twin\.add: missing argument 1 'a'"),
            'too many': (call('twin.add', 1, 2, 3), r'twin\.add: takes at most 2 arguments, got 3'),
            'a keyword too much': (call('twin.add', 1, c=3), r"unexpected keyword argument 'c'"),
            'twice': (call('twin.add', 1, a=3), r"argument 1 'a' is given twice"),
            'a wrong type': (call('twin.add', 'x'), r"argument 1 'a'.*expected an int.*'x'"),
            'a number too large': (call('twin.add', 2**80), r"argument 1 'a'"),
            'a float for an int': (call('twin.add', 1.5), r"argument 1 'a'.*1\.5"),
            'nothing for an int': (call('twin.add', None), r"argument 1 'a'"),
        }
        self.assert_fail({name: (hash_of(data=data), text) for name, (data, text) in cases.items()})

    def test_the_error_is_the_last_line_that_rq_shows(self):
        job = self.queue.enqueue('twin.ad', 1)

        self.work()

        self.assertIn("Did you mean 'twin.add'?", job.latest_result().exc_string.splitlines()[-1])


if __name__ == '__main__':
    unittest.main()
