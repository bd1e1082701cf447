-- Puts an id that arrived in a worker's inbox back to the front of its queue.
--
-- KEYS[1]   the worker's inbox, a list
-- KEYS[2]   the queue, a list
-- ARGV[1]   job id
-- Returns 1, or 0 if the inbox does not hold the id (any more).

-- include shared/rights.lua
local refused = missing_right('LPUSH', KEYS[2])
if refused then return refused end

if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[1])
return 1
