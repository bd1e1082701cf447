-- Registers a worker, unless one with this name is alive.
--
-- KEYS[1]   the worker's hash
-- KEYS[2]   the set of all workers
-- KEYS[3..] the sets of workers, one for each queue that it listens to
-- ARGV[1]   seconds until it counts as gone, unless it is heard of again
-- ARGV[2..] fields and values of the hash
-- Returns 1, or 0 if the name is taken.

if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HEXISTS', KEYS[1], 'death') == 0 then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[1], ARGV[1])
for i = 2, #KEYS do redis.call('SADD', KEYS[i], KEYS[1]) end
return 1
