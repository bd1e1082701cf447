-- Takes a job back: it leaves its queue or registry and counts as canceled. A job that runs now goes
-- on, but its outcome is dropped, as it no longer holds the job.
--
-- KEYS[1]   the job's hash
-- ARGV[1]   job id
-- ARGV[2]   now, as whole seconds
-- ARGV[3]   now, as RQ's timestamp
-- Returns 1, or 2 if jobs that wait for this one want to know; 0 if there is no such job; -1 if it was
-- canceled before.

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/delete.lua

local id, job = ARGV[1], read_for_delete(ARGV[1])
if not job[1] then return 0 end
local status, origin, limit = job[2], job[3] or '', job[5]
if status == 'canceled' then return -1 end

local refused = missing_delete_right(id, job) or
                missing_right('HSET', KEYS[1], 'ZADD', 'rq:canceled:' .. origin, 'ZADD', 'rqpp:releases')
if refused then return refused end

leave_place(id, status, origin, job[4])
if status == 'started' then
  for _, execution in ipairs(redis.call('ZRANGE', 'rq:executions:' .. id, 0, 99)) do
    redis.call('ZREM', 'rq:wip:' .. origin, id .. ':' .. execution)
  end
end
redis.call('HSET', KEYS[1], 'status', 'canceled')
-- One that runs keeps its slot until the run ends.
if is_set(limit) and status ~= 'started' then
  redis.call('ZREM', 'rq:rl:' .. limit .. ':rate_limited', id)
  leave_slot(id, limit, ARGV[2], ARGV[3])
end
redis.call('ZADD', 'rq:canceled:' .. origin, ARGV[2], id)
if job[8] ~= '1' then return 1 end
redis.call('ZADD', 'rqpp:releases', ARGV[2], id)
return 2
