-- Takes an empty queue from the list of queues.
--
-- KEYS[1]   the queue, a list
-- KEYS[2]   the set of queues
-- Returns 1; 0 if it was not listed, or is not empty.

if redis.call('LLEN', KEYS[1]) > 0 then return 0 end
return redis.call('SREM', KEYS[2], KEYS[1])
