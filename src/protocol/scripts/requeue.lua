-- Puts a failed or stopped job back into its queue.
--
-- KEYS[1]   the job's hash
-- ARGV[1]   job id
-- ARGV[2]   now, as RQ's timestamp
-- ARGV[3]   1 to run it before the jobs in the queue, else 0
-- ARGV[4]   now, as whole seconds
-- Returns 1; 0 if there is no such job; -1 if it is not in its queue's registry of failed jobs.

-- include shared/rights.lua
-- include shared/slots.lua

local values = redis.call('HMGET', KEYS[1], 'data', 'origin', 'ttl', 'rate_limit_key',
                          'rate_limit_concurrency', 'repeats_left')
if not values[1] then return 0 end
local id, origin = ARGV[1], values[2] or ''

if not redis.call('ZSCORE', 'rq:failed:' .. origin, id) then return -1 end
local limit = values[4] and values[4] ~= '' and tonumber(values[5] or '') and values[4]
local refused = missing_right('HSET', KEYS[1], 'LPUSH', 'rq:queue:' .. origin, 'RPUSH', 'rq:queue:' .. origin,
                              'ZREM', 'rq:failed:' .. origin, 'ZREM', 'rq:finished:' .. origin, 'EXPIRE', KEYS[1],
                              'PERSIST', KEYS[1], 'SADD', 'rq:queues')
refused = refused or limit and missing_slot_right(limit, origin)
if refused then return refused end

if limit then
  redis.call('HSET', KEYS[1], 'enqueue_at_front', ARGV[3], 'started_at', '', 'ended_at', '')
  wait_for_slot(id, limit, values[5], ARGV[4], ARGV[2])
else
  -- The push comes first: should the queue be no list, nothing has changed.
  redis.call(ARGV[3] == '1' and 'LPUSH' or 'RPUSH', 'rq:queue:' .. origin, id)
  redis.call('HSET', KEYS[1], 'status', 'queued', 'enqueued_at', ARGV[2], 'started_at', '', 'ended_at', '')
end
redis.call('ZREM', 'rq:failed:' .. origin, id)
if values[6] and values[6] ~= '' then redis.call('ZREM', 'rq:finished:' .. origin, id) end
-- The time to live of a failed job must not end it while it waits; its own one may.
local ttl = tonumber(values[3] or '')
if ttl and ttl > 0 then
  redis.pcall('EXPIRE', KEYS[1], ttl)
else
  redis.call('PERSIST', KEYS[1])
end
redis.call('SADD', 'rq:queues', 'rq:queue:' .. origin)
return 1
