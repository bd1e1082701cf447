-- Registers a worker, unless one with this name is alive. A namesake whose lease has run out is dead:
-- what it ran is left, under another name, to whoever inherits it.
--
-- KEYS[1]   the worker's hash
-- KEYS[2]   the set of all workers
-- KEYS[3]   the worker's executions, a set
-- KEYS[4]   the worker's inbox, a list
-- KEYS[5]   the leases, a sorted set
-- KEYS[6..] the sets of workers, one for each queue that it listens to
-- ARGV[1]   the worker's name
-- ARGV[2]   seconds until it counts as gone, unless it is heard of again
-- ARGV[3]   seconds that its lease lasts
-- ARGV[4]   a name under which a dead namesake's runs are inherited, and the keys of its
-- ARGV[5]   executions and
-- ARGV[6]   inbox
-- ARGV[7..] fields and values of the hash
-- Returns 1; 0 if the name is taken; -1 if it is taken by one whose lease has not run out yet.

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local lease = redis.call('ZSCORE', KEYS[5], ARGV[1])
local dead = redis.call('HEXISTS', KEYS[1], 'death') == 1
if not dead and lease and tonumber(lease) > now then return -1 end
if not dead and not lease and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if lease then
  if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('RENAME', KEYS[3], ARGV[5]) end
  if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('RENAME', KEYS[4], ARGV[6]) end
  redis.call('ZADD', KEYS[5], now, ARGV[4])
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 7))
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], KEYS[1])
for i = 6, #KEYS do redis.call('SADD', KEYS[i], KEYS[1]) end
redis.call('ZADD', KEYS[5], now + tonumber(ARGV[3]), ARGV[1])
return 1
