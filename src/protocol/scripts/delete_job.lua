-- Deletes a job, its results and its place in queue and registry.
--
-- KEYS[1]   the job's hash
-- ARGV[1]   job id
-- ARGV[2]   now, as whole seconds
-- ARGV[3]   now, as RQ's timestamp
-- Returns 1, or 0 if there is no such job.

-- include shared/slots.lua

local values = redis.call('HMGET', KEYS[1], 'data', 'status', 'origin', 'group_id', 'rate_limit_key')
if not values[1] then return 0 end
local id, status, origin = ARGV[1], values[2], values[3] or ''

if status == 'queued' then
  redis.call('LREM', 'rq:queue:' .. origin, 1, id)
elseif status == 'stopped' then
  redis.call('ZREM', 'rq:failed:' .. origin, id)
elseif status == 'started' then
  redis.call('ZREM', 'rq:wip:' .. origin, id)  -- RQ 1.x writes the bare id.
elseif status then
  redis.call('ZREM', 'rq:' .. status .. ':' .. origin, id)
end
if values[4] and values[4] ~= '' then redis.call('SREM', 'rq:group:' .. values[4], id) end
if values[5] and values[5] ~= '' then
  redis.call('ZREM', 'rq:rl:' .. values[5] .. ':rate_limited', id)
  -- Maintenance gives back the slot of one that runs.
  if status ~= 'started' then leave_slot(id, values[5], ARGV[2], ARGV[3]) end
end
for _, execution in ipairs(redis.call('ZRANGE', 'rq:executions:' .. id, 0, 99)) do
  redis.call('ZREM', 'rq:wip:' .. origin, id .. ':' .. execution)
  redis.call('DEL', 'rq:execution:' .. id .. ':' .. execution)
end
redis.call('UNLINK', KEYS[1], 'rq:results:' .. id, 'rq:executions:' .. id,
           'rq:job:' .. id .. ':dependents', 'rq:job::' .. id .. ':dependencies')
return 1
