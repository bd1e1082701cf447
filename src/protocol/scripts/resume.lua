-- Begins a new session of a worker that was cut off: from here on nothing that was sent before takes
-- jobs for it. See shared/own.lua.
--
-- KEYS[1]   the leases, a sorted set
-- KEYS[2]   the worker's runs, a sorted set
-- KEYS[3]   the hash of the worker's name
-- ARGV[1]   the worker
-- ARGV[2]   seconds that its lease lasts
-- ARGV[3]   the new session
-- ARGV[4]   up to which claim prefetched jobs have begun, as a score
-- Returns when its lease ends, as text (lease.lua), and behind it ` emptied` if somebody has deleted the
-- worker's runs; 0 if Redis does not know the worker any more, or others have given it up.

-- include shared/rights.lua
local refused = missing_right('ZADD', KEYS[1], 'ZADD', KEYS[2], 'ZREM', KEYS[2], 'TIME', KEYS[1], 'HMGET', KEYS[3])
if refused then return refused end

local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not lease then return 0 end
local time = redis.call('TIME')
local clock = tonumber(time[1]) + tonumber(time[2]) / 1000000
-- Nor may an attempt that comes late end the session of a later one.
local current = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
local function count(session) return tonumber(string.match(session or '', '^session%-(%d+)$')) end
local emptied = not count(current)
if emptied then
  -- An heir takes the session too, but it lets the lease run out, and notes the death when it is done.
  local values = redis.pcall('HMGET', KEYS[3], 'rqpp_worker', 'death')
  if values[1] ~= ARGV[1] or values[2] or tonumber(lease) <= clock then return 0 end
elseif count(current) >= count(ARGV[3]) then
  return 0
end
-- First what a Redis without memory refuses.
redis.call('ZADD', KEYS[2], 'GT', -1, ARGV[3], ARGV[4], 'begun')
if not emptied then redis.call('ZREM', KEYS[2], current) end
local ends = string.format('%.6f', clock + tonumber(ARGV[2]))
redis.call('ZADD', KEYS[1], ends, ARGV[1])
return emptied and ends .. ' emptied' or ends
