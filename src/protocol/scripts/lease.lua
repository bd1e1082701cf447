-- Renews a worker's lease, and names workers whose leases have run out: they are dead, or cut off for
-- so long that others must see to their jobs. The time is Redis' own, so no clock has to agree.
--
-- KEYS[1]   the leases, a sorted set: worker, end of its lease
-- ARGV[1]   the worker
-- ARGV[2]   seconds that the lease lasts
-- Returns the names of up to 10 others. Who was lost last comes first: the others may have been found
-- dead before, and are only to be looked at again.

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
return redis.call('ZREVRANGEBYSCORE', KEYS[1], now, '-inf', 'LIMIT', 0, 10)
