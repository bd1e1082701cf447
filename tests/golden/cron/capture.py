"""Writes expected.txt: when cron strings match, as croniter says, in zones with daylight saving time.

    python capture.py > expected.txt      (croniter and tzdata installed)

croniter expands the strings; it is asked for a clock without a zone, since across a change of the clocks
it returns times that do not match. Those of a zone follow by rqpp's rule: a time that is skipped counts as
the moment of the change, one that comes twice is the first one, or with the hour `*` both. Not asked for are strings such as
`0 0 */10 * 1`: croniter 6.0 leaves out the first of March.

A line is `string <tab> zone <tab> begin <tab> end <tab> count <tab> digest`: so many moments lie between
begin and end, and the digest is FNV-1a of their decimal numbers, each with a blank behind it. `python
capture.py STRING ZONE` prints the moments themselves.
"""

import datetime
import sys
from zoneinfo import ZoneInfo

from croniter import croniter

UTC = datetime.timezone.utc
# Years that are over: what Morocco does with its clocks this year another release of tzdata says otherwise.
BEGIN = datetime.datetime(2022, 1, 1)
END = datetime.datetime(2025, 1, 1)

STRINGS = [
    '30 2 * * *', '0 0 * * *', '59 23 * * *', '15 1,3 * * *', '0 */2 * * *', '5/20 3-4 * * *',
    '0 12 13 * 5', '0 0 2-20/6 * 1', '0 0 1 1 *', '0 0 29 2 *', '0 0 31 * *', '0 0 L * *', '0 9 * * fri#2',
    '0 22-2 * * *', '0 0 * * fri-sun', '0 0 * * 7', '0 0 * * 5-1', '30 4 1,15 jan-mar mon',
    '@daily', '@weekly', '@monthly', '@yearly', '10 2 * mar,oct sun', '0 2 * * * 30',
]
ANY_HOUR = ['0 * * * *', '*/30 * * * *', '@hourly', '7,37 * 26-31 * *']
ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago',
         'Asia/Kolkata', 'Africa/Casablanca', 'Europe/Dublin']


def shown(string):
    """What the clock on the wall shows when the string matches."""
    clock = croniter(string, BEGIN - datetime.timedelta(days=2))
    while (time := clock.get_next(datetime.datetime)) < END + datetime.timedelta(days=2):
        yield time


def exists(moment, time):
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) == time


def change_before(moment, zone):
    """When the clocks last changed, to the second."""
    low, high = moment - datetime.timedelta(days=1), moment
    now = high.astimezone(zone).utcoffset()
    while high - low > datetime.timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == now else (middle, high)
    return datetime.datetime.fromtimestamp(round(high.timestamp()), UTC)


def moments_of(time, zone, both):
    moments = [time.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    real = [moment.astimezone(UTC) for moment in moments if exists(moment, time)]
    if real:
        return real if both else real[:1]
    return [] if both else [change_before(moments[0].astimezone(UTC), zone)]


def digest(moments):
    value = 0xcbf29ce484222325
    for byte in ''.join(f'{moment} ' for moment in moments).encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return f'{value:016x}'


def moments(string, zone_name):
    zone, both = ZoneInfo(zone_name), string in ANY_HOUR
    found = {m for time in shown(string) for m in moments_of(time, zone, both)}
    return sorted(int(m.timestamp()) for m in found
                  if BEGIN.replace(tzinfo=UTC) < m < END.replace(tzinfo=UTC))


if len(sys.argv) > 1:
    print(*moments(*sys.argv[1:]), sep='\n')
    sys.exit()
begin, end = (int(time.replace(tzinfo=UTC).timestamp()) for time in (BEGIN, END))
for zone_name in ZONES:
    for string in STRINGS + ANY_HOUR:
        found = moments(string, zone_name)
        print(string, zone_name, begin, end, len(found), digest(found), sep='\t')
