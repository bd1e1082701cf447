-- Gives up the right to schedule queues. A lock that is another's by now is left alone.
--
-- KEYS      the locks, one for each queue; at most 100
-- ARGV[1]   the scheduler's name
-- Returns how many locks were given up.

local released = 0
for _, lock in ipairs(KEYS) do
  if redis.pcall('GET', lock) == ARGV[1] then released = released + redis.call('DEL', lock) end
end
return released
