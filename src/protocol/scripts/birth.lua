-- Registers a worker, unless one with this name is alive. A namesake whose lease has run out is dead:
-- what it ran is inherited by whoever finds that.
--
-- KEYS[1]   the hash of the worker's name
-- KEYS[2]   the set of all workers
-- KEYS[3]   the leases, a sorted set
-- KEYS[4]   the worker's runs, a sorted set (shared/own.lua)
-- KEYS[5..] the sets of workers, one for each queue that it listens to
-- ARGV[1]   the worker, a name of its own for each birth
-- ARGV[2]   seconds until it counts as gone, unless it is heard of again
-- ARGV[3]   seconds that its lease lasts
-- ARGV[4]   its session
-- ARGV[5]   up to which claim prefetched jobs have begun, as a score
-- ARGV[6]   what it was before, or empty
-- ARGV[7..] fields and values of the hash
-- Returns when its lease ends, as text (lease.lua); 0 if the name is taken; -1 if it is taken by one whose
-- lease has not run out yet.

-- include shared/rights.lua
local refused = missing_right('ZREMRANGEBYSCORE', KEYS[4], 'ZADD', KEYS[4], 'ZADD', KEYS[3], 'DEL', KEYS[1], 'HSET',
                              KEYS[1], 'EXPIRE', KEYS[1], 'SADD', KEYS[2], 'SADD', KEYS[5] or KEYS[2])
if refused then return refused end

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local namesake, dead, birth = unpack(redis.call('HMGET', KEYS[1], 'rqpp_worker', 'death', 'birth'))
if not dead and namesake ~= ARGV[6] then
  -- A hash without a birth is what a worker wrote after Redis had lost the rest; nobody has the name.
  if not namesake and birth then return 0 end
  local ends = namesake and redis.call('ZSCORE', KEYS[3], namesake)
  if ends and tonumber(ends) > now then return -1 end
end
-- Should the one that had the name be frozen, it takes no job when it wakes up, and is told.
local function end_session(former)
  redis.call('ZREMRANGEBYSCORE', 'rqpp:runs:' .. former, -1, -1)
  redis.call('ZADD', KEYS[3], 'XX', 0, former)
end
if ARGV[6] ~= '' then end_session(ARGV[6]) end
if namesake and namesake ~= ARGV[6] then end_session(namesake) end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'rqpp_worker', ARGV[1], unpack(ARGV, 7))
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], KEYS[1])
for i = 5, #KEYS do redis.call('SADD', KEYS[i], KEYS[1]) end
redis.call('ZADD', KEYS[4], -1, ARGV[4], ARGV[5], 'begun')
local ends = string.format('%.6f', now + tonumber(ARGV[3]))
redis.call('ZADD', KEYS[3], ends, ARGV[1])
return ends
