-- Gives back slots whose jobs have gone without doing so: they were deleted, have expired, or lost their
-- worker. Looks at one page of those that are taken, and forgets the key when nobody uses it.
--
-- KEYS[1]   the jobs that have a slot, a sorted set
-- KEYS[2]   the jobs that wait for one, a sorted set
-- KEYS[3]   the hash of the limit
-- KEYS[4]   the names of all keys, a set
-- ARGV[1]   the key
-- ARGV[2]   where the page begins: 0, or what the page before returned
-- ARGV[3]   now, as whole seconds
-- ARGV[4]   now, as RQ's timestamp
-- Returns where the next page begins; 0 after the last one.

-- include shared/rights.lua
-- include shared/slots.lua

-- A page begins behind so many that were kept; 1 is added, since 0 is the end.
local key, begin, now, now_iso = ARGV[1], math.max(tonumber(ARGV[2]) - 1, 0), ARGV[3], ARGV[4]
local kPage = 100

local function needs_slot(id)
  local status = redis.pcall('HGET', 'rq:job:' .. id, 'status')
  if status == 'queued' or status == 'started' then return true end
  -- It was canceled or deleted while it runs.
  return has_live_run(id, now)
end

local refused = missing_right('HGET', 'rq:job:', 'ZRANGE', 'rq:executions:', 'ZREM', KEYS[1],
                              'ZCARD', KEYS[1], 'SREM', KEYS[4], 'DEL', KEYS[3])
refused = refused or missing_slot_right(key, '')
if refused then return refused end

local ids = redis.pcall('ZRANGE', KEYS[1], begin, begin + kPage - 1)
if ids.err then return '0' end  -- It is no sorted set.
local kept = 0
for _, id in ipairs(ids) do
  if needs_slot(id) then kept = kept + 1 else redis.call('ZREM', KEYS[1], id) end
end
local ok = pcall(fill_slots, key, now, now_iso)
if ok and redis.call('ZCARD', KEYS[1]) == 0 and redis.call('ZCARD', KEYS[2]) == 0 then
  redis.call('SREM', KEYS[4], key)
  redis.call('DEL', KEYS[3])
end
return tostring(#ids == kPage and begin + kept + 1 or 0)
