-- Renews a worker's lease, and names workers whose leases have run out: they are dead, or cut off for
-- so long that others must see to their jobs. The time is Redis' own, so no clock has to agree.
--
-- KEYS[1]   the leases, a sorted set: worker, end of its lease
-- ARGV[1]   the worker
-- ARGV[2]   seconds that the lease lasts
-- Returns {new, lost}: new = 1 if the worker had none: others have taken it for dead, or Redis has
-- forgotten everything; lost = the names of up to 3 others.

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local new = redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
return {new, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 3)}
