-- Takes, or keeps, the right to schedule queues. RQ's schedulers take the same locks: 61 s for each,
-- the value being whoever holds it.
--
-- KEYS      the locks, one for each queue; at most 100
-- ARGV[1]   the scheduler's name
-- ARGV[2]   seconds that a lock lasts
-- Returns for each lock: -1 if it is ours now, else the milliseconds for which it is another's, -2 if
-- nobody knows for how long.

-- include shared/rights.lua
local refused = missing_right('GET', KEYS[1], 'SET', KEYS[1], 'EXPIRE', KEYS[1], 'PTTL', KEYS[1])
if refused then return refused end

local answers = {}
for i, lock in ipairs(KEYS) do
  local holder = redis.pcall('GET', lock)
  if not holder then
    redis.call('SET', lock, ARGV[1], 'EX', ARGV[2])
    answers[i] = -1
  elseif holder == ARGV[1] then
    redis.call('EXPIRE', lock, ARGV[2])
    answers[i] = -1
  else
    local left = redis.call('PTTL', lock)
    answers[i] = left < 0 and -2 or left
  end
end
return answers
