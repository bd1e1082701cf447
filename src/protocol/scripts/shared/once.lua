-- Whether a write has been executed before; from now on it has. It is known by the count of its sender's
-- writes, a text, and its own number, 1 or more. A count is kept for a day after the last one.
local function was_executed(count_key, number)
  if tonumber(number) <= tonumber(redis.call('GET', count_key) or '0') then return true end
  redis.call('SET', count_key, number, 'EX', 86400)
  return false
end
