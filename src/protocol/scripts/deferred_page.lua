-- One page of the jobs of a queue that wait for others.
--
-- KEYS[1]   the queue's registry of deferred jobs, a sorted set
-- ARGV[1]   where the page begins: 0, or what the page before returned
-- Returns {where the next page begins, or 0 after the last one; ids}.

local page = redis.pcall('ZSCAN', KEYS[1], ARGV[1], 'COUNT', 100)
if page.err then return {'0', {}} end  -- It is no sorted set.
local ids = {}
for i = 1, #page[2], 2 do ids[#ids + 1] = page[2][i] end
return {page[1], ids}
