-- Renews the leases of what a worker runs now, and shows the executions that were not yet. Writes only to
-- what still exists: a key that was deleted meanwhile must not come back as a fragment.
--
-- ARGV[1]   now, as RQ's timestamp
-- ARGV[2]   now, as seconds with a fraction
-- ARGV[3]   now, as whole seconds
-- ARGV[4]   lease in seconds
-- ARGV[5]   the worker's name
-- ARGV[6..] for each of at most 100 runs: job id, execution id, queue, and when it began as RQ's
--           timestamp, or nothing where that is not known
-- Returns the number of executions that still hold their job.

local now_iso, now_epoch, now, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local held = 0

local function show_job(job_key, began)
  if redis.call('HGET', job_key, 'status') ~= 'queued' then return end
  redis.call('HSET', job_key, 'status', 'started', 'started_at', began, 'worker_name', ARGV[5])
  redis.call('PERSIST', job_key)
end

local function renew(id, execution, origin, began)
  local execution_key, job_key = 'rq:execution:' .. id .. ':' .. execution, 'rq:job:' .. id
  local wip_key, member = 'rq:wip:' .. origin, id .. ':' .. execution
  if not redis.call('ZSCORE', wip_key, member) then return end
  held = held + 1
  redis.call('ZADD', wip_key, now + lease, member)
  if redis.call('HEXISTS', job_key, 'data') == 1 then
    redis.call('HSET', job_key, 'last_heartbeat', now_iso)
  end
  local new_fields = redis.call('HSET', execution_key, 'id', execution, 'job_id', id,
                                'last_heartbeat', now_epoch)
  -- It was not shown yet, or has expired while this worker was held up.
  if new_fields > 0 then
    redis.call('HSETNX', execution_key, 'created_at', now_epoch)
    redis.call('HSET', execution_key, 'worker_name', ARGV[5])
    show_job(job_key, began ~= '' and began or now_iso)
  end
  redis.call('EXPIRE', execution_key, lease)
  redis.call('ZADD', 'rq:executions:' .. id, now + lease + 60, execution)
  redis.call('EXPIRE', 'rq:executions:' .. id, lease + 60)
end

for i = 6, #ARGV, 4 do
  -- A key of one run that somebody replaced must not cost the other runs their leases.
  pcall(renew, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
end
return held
