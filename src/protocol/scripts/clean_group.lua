-- Forgets jobs of a group that exist no more, in one page of it; and the group when it is empty.
--
-- KEYS[1]   the group's jobs, a set
-- KEYS[2]   the names of all groups, a set
-- ARGV[1]   the group's name
-- ARGV[2]   where the page begins: 0, or what the page before returned
-- Returns where the next page begins; 0 after the last one.

-- include shared/rights.lua
local refused = missing_right('EXISTS', 'rq:job:', 'EXISTS', KEYS[1], 'SREM', KEYS[1],
                              'SREM', KEYS[2])
if refused then return refused end

local page = redis.pcall('SSCAN', KEYS[1], ARGV[2], 'COUNT', 100)
if page.err then return '0' end  -- It is no set.
for _, id in ipairs(page[2]) do
  if redis.call('EXISTS', 'rq:job:' .. id) == 0 then redis.call('SREM', KEYS[1], id) end
end
if page[1] == '0' and redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[1]) end
return page[1]
