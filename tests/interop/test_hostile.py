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
    def play(self, job_id, fields):
        """Lets a worker meet the job, and a good one after it. Returns the job's hash and its error."""
        self.redis.flushall()
        if fields:
            self.redis.hset(f'rq:job:{job_id}', mapping=fields)
        self.redis.rpush('rq:queue:q', job_id)
        good = self.queue.enqueue('twin.add', 20, 22, job_id='good')
        self.redis.set('somebody:elses', 'text')
        self.redis.hset('rq:job:waiting', mapping={'status': 'queued', 'origin': 'q'})
        others = self.others(job_id)

        log = self.work('--name', 'w1', 'q')

        self.assertEqual(good.return_value(), 42, log)
        self.assertEqual(self.redis.llen('rq:queue:q'), 0)
        self.assertEqual(self.others(job_id), others)
        self.assertEqual(self.redis.keys('rqpp:*'), [])
        self.assertEqual(self.redis.zcard('rq:wip:q'), 0)
        self.assertEqual(self.redis.keys('rq:execution*'), [])
        self.assertEqual(self.redis.hgetall('rq:job:waiting'), {b'status': b'queued', b'origin': b'q'})
        return self.redis.hgetall(f'rq:job:{job_id}'), self.error(job_id)

    def others(self, job_id):
        """The keys that are not of this job, of the good one, of the worker or of a registry."""
        own = re.compile(rf'rq:(job|results):({re.escape(job_id)}|good)|rq:worker\b.*|rq:workers.*|'
                         r'rq:(failed|finished|queue):q|rq:queues')
        keys = {key.decode() for key in self.redis.keys('*')}
        return {key for key in keys if not own.fullmatch(key)}

    def error(self, job_id):
        entries = self.redis.xrevrange(f'rq:results:{job_id}', count=1)
        if not entries or b'exc_string' not in entries[0][1]:
            return None
        return zlib.decompress(base64.b64decode(entries[0][1][b'exc_string'])).decode()

    def assert_fails(self, job_id, fields, text):
        found, error = self.play(job_id, fields)
        self.assertEqual(found[b'status'], b'failed')
        self.assertEqual(self.registry_ids('failed'), [job_id])
        self.assertIsNotNone(error, 'no result tells why')
        self.assertRegex(error, text)
        # All that was there is there still, but for what the run itself says.
        for field, value in fields.items():
            if field not in ('status', 'started_at', 'ended_at', 'worker_name', 'last_heartbeat'):
                value = value if isinstance(value, bytes) else value.encode()
                self.assertEqual(found[field.encode()], value, field)

    def assert_runs(self, job_id, fields):
        found, error = self.play(job_id, fields)
        self.assertIsNone(error)
        self.assertEqual(found[b'status'], b'finished')


class Hashes(Hostile):
    """The table of 8.2, where Python workers die of much of this."""

    def test_hashes_that_name_no_job_are_skipped(self):
        for name, fields in (('no hash', {}), ('no data', hash_of(data=None)),
                             ('no data but a status', {'status': 'queued'})):
            with self.subTest(name):
                found, error = self.play('j1', fields)

                self.assertIsNone(error)
                self.assertEqual(found, {k.encode(): v.encode() for k, v in fields.items()})
                self.assertEqual(self.registry_ids('failed'), [])

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
        for name, fields in cases.items():
            with self.subTest(name):
                self.assert_runs('j1', fields)

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
        for name, (value, text) in cases.items():
            with self.subTest(name):
                self.assert_fails('j1', hash_of(**{name.split()[0]: value}), text)

    def test_texts_that_are_no_utf8_harm_nobody(self):
        for field in ('description', 'worker_name', 'group_id'):
            with self.subTest(field):
                self.play('j1', hash_of(**{field: b'\xff\xfe\x00'}))

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
            'a zlib bomb': zlib.compress(bytes(2**30), 9),
        }
        for name, data in cases.items():
            with self.subTest(name):
                self.assert_fails('j1', hash_of(data=data), '.')

    def test_many_shared_parts_do_not_multiply(self):
        """Sixty lists of two references each would be 2^60 values."""
        value = ['x']
        for _ in range(60):
            value = [value, value]
        self.assert_fails('j1', hash_of(data=call('twin.echo', value)), '.')

    def test_ids_with_odd_characters(self):
        for job_id in ('with.dot', 'with space', 'naïve', '{curly}', '-', '%s', '*'):
            with self.subTest(job_id):
                self.assert_runs(job_id, hash_of())

    def test_an_id_with_a_colon_does_not_run(self):
        """A member of rq:wip with two colons would end Python workers."""
        found, error = self.play('a:b', hash_of())

        self.assertEqual(found[b'status'], b'failed')
        self.assertEqual(self.registry_ids('failed'), ['a:b'])

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
        for name, key in cases.items():
            with self.subTest(name):
                fields = {field: base64.b64decode(value['b64']) if 'b64' in value else value['text']
                          for field, value in key['fields'].items()}
                fields['origin'] = 'q'
                self.assert_fails('j1', fields, re.escape(texts[name]))

    def test_objects_as_arguments(self):
        cases = {
            'an instance': (Thing(), r'Thing'),
            'a fraction': (fractions.Fraction(1, 3), r'fractions\.Fraction'),
            'a class': (datetime.datetime, r'datetime\.datetime'),
            'deep inside': ({'a': [1, {'b': (Thing(),)}]}, r'Thing'),
            'a complex number': (1j, 'complex'),
            'an exception': (ValueError('x'), 'ValueError'),
        }
        for name, (value, text) in cases.items():
            with self.subTest(name):
                self.assert_fails('j1', hash_of(data=call('twin.echo', value)), text)

    def test_a_pickle_that_would_run_a_command_runs_nothing(self):
        folder = self.temporary_folder()
        mark = str(folder / 'mark').encode()
        attack = b'\x80\x04cos\nsystem\nX' + len(b'touch ' + mark).to_bytes(4, 'little') + \
            b'touch ' + mark + b'\x85R.'

        self.assert_fails('j1', hash_of(data=attack), '.')

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
        for name, (data, text) in cases.items():
            with self.subTest(name):
                self.assert_fails('j1', hash_of(data=data), text)

    def test_the_error_is_the_last_line_that_rq_shows(self):
        job = self.queue.enqueue('twin.ad', 1)

        self.work()

        self.assertIn("Did you mean 'twin.add'?", job.latest_result().exc_string.splitlines()[-1])


if __name__ == '__main__':
    unittest.main()
