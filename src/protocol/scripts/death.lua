-- Unregisters a worker. If it still runs jobs, or something has arrived for it, its lease ends now:
-- another worker sees to them.
--
-- KEYS[1]   the hash of the worker's name, which may be another worker's by now
-- KEYS[2]   the set of all workers
-- KEYS[3]   the worker's runs, a sorted set (shared/own.lua)
-- KEYS[4]   the worker's inbox, a list
-- KEYS[5]   the leases, a sorted set
-- KEYS[6..] the sets of workers, one for each queue that it listened to
-- ARGV[1]   the worker
-- ARGV[2]   now, as RQ's timestamp
-- ARGV[3]   seconds for which its hash is still to be seen
-- ARGV[4]   up to which claim prefetched jobs have begun, as a score
-- ARGV[5]   the worker's session
-- Returns 1; 0 if something is left to inherit.

-- include shared/rights.lua
local refused = missing_right('SREM', KEYS[2], 'SREM', KEYS[6] or KEYS[2], 'HSET', KEYS[1], 'EXPIRE', KEYS[1],
                              'ZREM', KEYS[3], 'ZADD', KEYS[3], 'EXISTS', KEYS[4], 'ZREM', KEYS[5], 'ZADD',
                              KEYS[5])
if refused then return refused end

if redis.call('HGET', KEYS[1], 'rqpp_worker') == ARGV[1] then
  redis.call('SREM', KEYS[2], KEYS[1])
  for i = 6, #KEYS do redis.call('SREM', KEYS[i], KEYS[1]) end
  redis.call('HSET', KEYS[1], 'death', ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
redis.call('ZREM', KEYS[3], ARGV[5], 'begun')
if redis.call('EXISTS', KEYS[3], KEYS[4]) == 0 then
  redis.call('ZREM', KEYS[5], ARGV[1])
  return 1
end
redis.call('ZADD', KEYS[3], ARGV[4], 'begun')
redis.call('ZADD', KEYS[5], 0, ARGV[1])
return 0
