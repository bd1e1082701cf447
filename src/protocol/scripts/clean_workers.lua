-- Forgets workers whose hashes have expired, in one page of a set of them.
--
-- KEYS[1]   the set of workers that is looked through
-- KEYS[2..] other sets of workers from which they are removed as well
-- ARGV[1]   where the page begins: 0, or what the page before returned
-- Returns where the next page begins; 0 after the last one.

-- include shared/rights.lua
local refused = missing_right('EXISTS', 'rq:worker:', 'SREM', KEYS[1], 'SREM', KEYS[#KEYS])
if refused then return refused end

local page = redis.pcall('SSCAN', KEYS[1], ARGV[1], 'COUNT', 100)
if page.err then return '0' end  -- It is no set.
for _, worker in ipairs(page[2]) do
  if redis.call('EXISTS', worker) == 0 then
    for _, set in ipairs(KEYS) do redis.pcall('SREM', set, worker) end
  end
end
return page[1]
