-- Writes a new job and queues it if its key has a free slot, or else lets it wait for one.
--
-- KEYS[1]   if this counts once, however often it is sent: the count of the sender's writes
-- ARGV[1]   job id
-- ARGV[2]   the key
-- ARGV[3]   how many jobs of the key may be queued or running
-- ARGV[4]   now, as whole seconds
-- ARGV[5]   now, as RQ's timestamp
-- ARGV[6]   seconds for which the job may wait, or empty
-- ARGV[7..] fields and values of its hash; none: that stands already. If it counts once, then the number of
--           this write

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/once.lua

local last, origin = #ARGV, nil
for i = 7, last - 1, 2 do
  if ARGV[i] == 'origin' then origin = ARGV[i + 1] end
end
origin = origin or redis.call('HGET', 'rq:job:' .. ARGV[1], 'origin') or ''
local refused = missing_slot_right(ARGV[2], origin) or missing_right('EXPIRE', 'rq:job:' .. ARGV[1]) or
                KEYS[1] and missing_right('GET', KEYS[1], 'SET', KEYS[1])
if refused then return refused end

if KEYS[1] then
  if was_executed(KEYS[1], ARGV[last]) then return end
  last = last - 1
end
if last > 6 then
  redis.call('HSET', 'rq:job:' .. ARGV[1], unpack(ARGV, 7, last))
  if ARGV[6] ~= '' then redis.call('EXPIRE', 'rq:job:' .. ARGV[1], ARGV[6]) end
end
wait_for_slot(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
