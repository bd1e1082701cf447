-- Begins a new session of a worker that was cut off: from here on nothing that was sent before takes
-- jobs for it. See shared/own.lua.
--
-- KEYS[1]   the leases, a sorted set
-- KEYS[2]   the worker's runs, a sorted set
-- ARGV[1]   the worker
-- ARGV[2]   seconds that its lease lasts
-- ARGV[3]   the new session
-- ARGV[4]   up to which claim prefetched jobs have begun
-- Returns when its lease ends, as text (lease.lua); 0 if Redis does not know the worker any more, or others have given it up.

-- include shared/rights.lua
local refused = missing_right('ZADD', KEYS[1], 'ZADD', KEYS[2], 'ZREM', KEYS[2], 'TIME', KEYS[1])
if refused then return refused end

if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
-- Nor may an attempt that comes late end the session of a later one.
local current = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
local function count(session) return tonumber(string.match(session or '', '^session%-(%d+)$')) end
if not count(current) or count(current) >= count(ARGV[3]) then return 0 end
-- First what a Redis without memory refuses.
redis.call('ZADD', KEYS[2], 'GT', -1, ARGV[3], ARGV[4], 'begun')
redis.call('ZREM', KEYS[2], current)
local time = redis.call('TIME')
local ends = string.format('%.6f', tonumber(time[1]) + tonumber(time[2]) / 1000000 + tonumber(ARGV[2]))
redis.call('ZADD', KEYS[1], ends, ARGV[1])
return ends
