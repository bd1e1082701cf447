-- Pushes the ids of one write of a sender: once, however often the write is sent.
--
-- KEYS[1]   the queue
-- KEYS[2]   the producer, a text: the number of its last write that was pushed
-- KEYS[3..] hashes of the write: the last one of those that were written together, and each one that
--           was written by itself
-- ARGV[1]   the number of this write, 1 or more
-- ARGV[2]   seconds for which the number is kept
-- ARGV[3..] job ids, at most 5000
-- Returns 1; 0 if they were pushed before, -1 if their hashes are missing.

-- include shared/rights.lua
local refused = missing_right('EXISTS', KEYS[3], 'RPUSH', KEYS[1], 'SET', KEYS[2])
if refused then return refused end

if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[2]) or '0') then return 0 end
if redis.call('EXISTS', unpack(KEYS, 3)) < #KEYS - 2 then
  -- A server that refused them, as it has become a replica, says so here as well.
  redis.call('EXPIRE', KEYS[2], ARGV[2])
  return -1
end
for i = 3, #ARGV, 100 do
  redis.call('RPUSH', KEYS[1], unpack(ARGV, i, math.min(i + 99, #ARGV)))
end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
return 1
