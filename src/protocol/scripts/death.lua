-- Unregisters a worker. If it still runs jobs, or something has arrived for it, its lease ends now:
-- another worker sees to them.
--
-- KEYS[1]   the worker's hash
-- KEYS[2]   the set of all workers
-- KEYS[3]   the worker's executions, a set
-- KEYS[4]   the worker's inbox, a list
-- KEYS[5]   the leases, a sorted set
-- KEYS[6..] the sets of workers, one for each queue that it listened to
-- ARGV[1]   the worker's name
-- ARGV[2]   now, as RQ's timestamp
-- ARGV[3]   seconds for which its hash is still to be seen
-- Returns 1; 0 if something is left to inherit.

redis.call('SREM', KEYS[2], KEYS[1])
for i = 6, #KEYS do redis.call('SREM', KEYS[i], KEYS[1]) end
redis.call('HSET', KEYS[1], 'death', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
if redis.call('SCARD', KEYS[3]) == 0 and redis.call('LLEN', KEYS[4]) == 0 then
  redis.call('ZREM', KEYS[5], ARGV[1])
  return 1
end
redis.call('ZADD', KEYS[5], 0, ARGV[1])
return 0
