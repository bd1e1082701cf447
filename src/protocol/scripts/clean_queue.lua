-- Forgets one slice of what a queue's registries have kept for long enough, and pushes what a worker
-- of RQ 3 that has died left on its way into the queue. Called again until it returns less than asked.
--
-- KEYS[1]   the finished jobs, a sorted set
-- KEYS[2]   the failed jobs, a sorted set
-- KEYS[3]   the canceled jobs, a sorted set
-- KEYS[4]   the ready jobs, a sorted set: their dependencies are met
-- KEYS[5]   the queue, a list
-- ARGV[1]   now, as RQ's timestamp
-- ARGV[2]   now, as whole seconds
-- ARGV[3]   jobs that were canceled until then are forgotten, as whole seconds
-- ARGV[4]   size of the slice, at most 100
-- Returns how many ids have left these sets.

local now_iso, now, forgotten, left = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local size = left

-- include shared/rights.lua
-- include shared/slots.lua

local refused = missing_right('ZRANGEBYSCORE', KEYS[1], 'ZREM', KEYS[1], 'ZREM', KEYS[2],
                              'ZREM', KEYS[3], 'EXISTS', 'rq:job:', 'UNLINK', 'rq:results:',
                              'UNLINK', 'rq:job:', 'HGET', 'rq:job:', 'ZRANGE', KEYS[4],
                              'ZREM', KEYS[4], 'HMGET', 'rq:job:', 'LPUSH', KEYS[5],
                              'RPUSH', KEYS[5], 'HSET', 'rq:job:', 'EXPIRE', 'rq:job:')
if refused then return refused end

-- A key of a wrong type has no entries.
local function take(key, latest)
  if left == 0 then return {} end
  local ids = redis.pcall('ZRANGEBYSCORE', key, 0, latest, 'LIMIT', 0, left)
  if ids.err or #ids == 0 then return {} end
  redis.call('ZREM', key, unpack(ids))
  left = left - #ids
  return ids
end

take(KEYS[1], now)

-- RQ gives the result of a failed job no time to live by default: it would stay when the job is gone.
for _, id in ipairs(take(KEYS[2], now)) do
  if redis.call('EXISTS', 'rq:job:' .. id) == 0 then redis.call('UNLINK', 'rq:results:' .. id) end
end

-- RQ keeps these for ever.
for _, id in ipairs(take(KEYS[3], forgotten)) do
  local status = redis.pcall('HGET', 'rq:job:' .. id, 'status')
  if not status or status == 'canceled' then
    redis.call('UNLINK', 'rq:job:' .. id, 'rq:results:' .. id, 'rq:job:' .. id .. ':dependents',
               'rq:job::' .. id .. ':dependencies')
  end
end

local function push(id)
  local key = 'rq:job:' .. id
  local job = redis.call('HMGET', key, 'data', 'status', 'ttl', 'enqueue_at_front', 'rate_limit_key',
                         'rate_limit_concurrency')
  local limited = job[5] and job[5] ~= '' and tonumber(job[6] or '')
  if limited and missing_slot_right(job[5], string.sub(KEYS[5], 10)) then return end
  redis.call('ZREM', KEYS[4], id)
  left = left - 1
  if not job[1] or job[2] ~= 'ready_to_enqueue' then return end
  if limited then
    wait_for_slot(id, job[5], job[6], now, now_iso)
  else
    redis.call(job[4] == '1' and 'LPUSH' or 'RPUSH', KEYS[5], id)
    redis.call('HSET', key, 'status', 'queued', 'enqueued_at', now_iso)
  end
  local ttl = tonumber(job[3] or '')
  if ttl and ttl > 0 then redis.pcall('EXPIRE', key, ttl) end
end

if left > 0 then
  local ready = redis.pcall('ZRANGE', KEYS[4], 0, left - 1)
  for _, id in ipairs(ready.err and {} or ready) do
    if not pcall(push, id) then
      redis.call('ZREM', KEYS[4], id)
      left = left - 1
    end
  end
end
return size - left
