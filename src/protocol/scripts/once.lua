-- Executes plain commands in one step: once, however often they are sent.
--
-- KEYS[1]   the count of the sender's writes, a text
-- ARGV[1]   the number of this write, 1 or more
-- ARGV[2..] the commands: for each how many words it has, and these
-- Returns 1; 0 if they were executed before.

-- include shared/rights.lua
-- include shared/once.lua

local next_word = 2
while next_word <= #ARGV do
  local refused = missing_right(ARGV[next_word + 1], ARGV[next_word + 2])
  if refused then return refused end
  next_word = next_word + tonumber(ARGV[next_word]) + 1
end
local refused = missing_right('GET', KEYS[1], 'SET', KEYS[1])
if refused then return refused end

if was_executed(KEYS[1], ARGV[1]) then return 0 end
local at = 2
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, last))
  at = last + 1
end
return 1
