-- Takes a job back: it leaves its queue or registry and counts as canceled. A job that runs now goes
-- on, but its outcome is dropped, as it no longer holds the job.
--
-- KEYS[1]   the job's hash
-- ARGV[1]   job id
-- ARGV[2]   now, as whole seconds
-- ARGV[3]   now, as RQ's timestamp
-- Returns 1, or 2 if jobs that wait for this one want to know; 0 if there is no such job; -1 if it was
-- canceled before.

-- include shared/slots.lua

local values = redis.call('HMGET', KEYS[1], 'data', 'status', 'origin', 'rqpp_tell_stop',
                          'rate_limit_key')
if not values[1] then return 0 end
local id, status, origin = ARGV[1], values[2], values[3] or ''
if status == 'canceled' then return -1 end

if status == 'queued' then
  redis.call('LREM', 'rq:queue:' .. origin, 1, id)
elseif status == 'started' then
  for _, execution in ipairs(redis.call('ZRANGE', 'rq:executions:' .. id, 0, 99)) do
    redis.call('ZREM', 'rq:wip:' .. origin, id .. ':' .. execution)
  end
  redis.call('ZREM', 'rq:wip:' .. origin, id)  -- RQ 1.x writes the bare id.
elseif status == 'stopped' then
  redis.call('ZREM', 'rq:failed:' .. origin, id)
elseif status then
  redis.call('ZREM', 'rq:' .. status .. ':' .. origin, id)
end
redis.call('HSET', KEYS[1], 'status', 'canceled')
-- One that runs keeps its slot until the run ends.
if values[5] and values[5] ~= '' and status ~= 'started' then
  redis.call('ZREM', 'rq:rl:' .. values[5] .. ':rate_limited', id)
  leave_slot(id, values[5], ARGV[2], ARGV[3])
end
redis.call('ZADD', 'rq:canceled:' .. origin, ARGV[2], id)
if values[4] ~= '1' then return 1 end
redis.call('ZADD', 'rqpp:releases', ARGV[2], id)
return 2
