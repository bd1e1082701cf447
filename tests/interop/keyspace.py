"""All of Redis as one flat dict, and with what must differ between two runs masked.

A path is a key and, after a space, the place in it: `rq:job:j1 status`, `rq:queue:q [0]`,
`rq:finished:q j1`, `rq:job:j1 (ttl)`.
"""

import base64
import pickle
import re
import time
import zlib

TIMESTAMP = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z')
UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
HEX = re.compile(r'(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])')
TOLERANCE = 8  # seconds between the two runs' times to live


class Seconds(float):
    """A time to live, or a score that counts from now: equal within TOLERANCE."""

    def __eq__(self, other):
        return isinstance(other, Seconds) and abs(float(self) - float(other)) <= TOLERANCE

    def __ne__(self, other):
        return not self == other

    __hash__ = None

    def __repr__(self):
        return f'{float(self):.0f} s'


def inflate(data):
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


def plain(serialized):
    """The value in pickled or JSON bytes, as text."""
    if serialized[:1] == b'\x80':
        return repr(pickle.loads(serialized))
    return serialized.decode()


def last_line(text):
    """Of a traceback; it begins with a type that the two languages call differently."""
    return re.sub(r'^[\w:.]+(?=: )', '<type>', text.strip().splitlines()[-1])


class Snapshot:
    def __init__(self, connection):
        self.redis = connection
        self.now = time.time()
        self.paths = {}
        for key in connection.keys('*'):
            self.add(key)

    def name(self, match):
        """Of a job with a random id: what it does. Other random ids are of executions."""
        description = self.redis.hget("rq:job:" + match[0], "description")
        return f'<{description.decode()}>' if description else '<execution>'

    def mask(self, text):
        return TIMESTAMP.sub('<time>', HEX.sub(self.name, UUID.sub(self.name, text)))

    def put(self, key, place, value):
        self.paths[f'{key} {place}'] = value

    def add(self, raw_key):
        kind = self.redis.type(raw_key).decode()
        if kind == 'none':
            return  # It went meanwhile.
        key = self.mask(raw_key.decode())
        self.put(key, '(type)', kind)
        ttl = self.redis.ttl(raw_key)
        self.put(key, '(ttl)', 'none' if ttl < 0 else Seconds(ttl))
        getattr(self, f'add_{kind}')(raw_key, key)

    def add_string(self, raw_key, key):
        self.put(key, '(value)', self.redis.get(raw_key))

    def add_list(self, raw_key, key):
        for i, item in enumerate(self.redis.lrange(raw_key, 0, -1)):
            self.put(key, f'[{i}]', self.mask(item.decode()))

    def add_set(self, raw_key, key):
        for member in self.redis.smembers(raw_key):
            self.put(key, self.mask(member.decode()), 'member')

    def add_zset(self, raw_key, key):
        for member, score in self.redis.zrange(raw_key, 0, -1, withscores=True):
            near = abs(score - self.now) < 1e9
            self.put(key, self.mask(member.decode()), Seconds(score - self.now) if near else score)

    def add_hash(self, raw_key, key):
        for field, value in self.redis.hgetall(raw_key).items():
            field = field.decode()
            self.put(key, field, self.field(key, field, value))

    def add_stream(self, raw_key, key):
        for i, (_, entry) in enumerate(self.redis.xrange(raw_key)):
            for field, value in entry.items():
                self.put(key, f'[{i}].{field.decode()}', self.result(field.decode(), value))

    def field(self, key, field, value):
        if key.startswith('rq:job:') and field == 'data':
            return plain(inflate(value))
        if key.startswith('rq:job:') and field in ('meta', 'result'):
            return plain(value)
        if key.startswith('rq:job:') and field == 'exc_info':
            return inflate(value).decode()
        if key.startswith('rq:execution:') and field in ('created_at', 'last_heartbeat'):
            return self.epoch(value)
        return self.mask(value.decode())

    def result(self, field, value):
        if field == 'return_value':
            return plain(base64.b64decode(value))
        if field == 'exc_string':
            return last_line(inflate(base64.b64decode(value)).decode())
        if field in ('execution_started_at', 'execution_ended_at'):
            return self.epoch(value)
        return self.mask(value.decode())

    def epoch(self, value):
        return '<epoch>' if abs(float(value) - self.now) < 600 else value.decode()


def differences(theirs, ours):
    """Yields (path, value there, value here); None for what is absent."""
    for path in sorted({*theirs.paths, *ours.paths}):
        pair = theirs.paths.get(path), ours.paths.get(path)
        if pair[0] != pair[1]:
            yield path, *pair
