-- Renews what RQ's readers see of a worker's runs, and shows the executions that were not yet. Writes
-- only to what still exists: a key that was deleted meanwhile must not come back as a fragment.
--
-- KEYS[1]   the worker's runs, a sorted set (shared/own.lua)
-- KEYS[2]   the worker's executions as RQ lists them, a set
-- ARGV[1]   now, as RQ's timestamp
-- ARGV[2]   now, as seconds with a fraction
-- ARGV[3]   now, as whole seconds
-- ARGV[4]   lease in seconds
-- ARGV[5]   the worker's name
-- ARGV[6..] for each of at most 100 runs: job id, execution id, queue, when it began as RQ's
--           timestamp, or nothing where that is not known, and the job's `created_at` when it began
--           (shared/same_job.lua)
-- Returns the number of executions that still hold their job.

-- include shared/still_holds.lua
-- include shared/listed.lua
-- include shared/same_job.lua

local now_iso, now_epoch, now, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local held = 0

local function expire(id, execution)
  redis.call('EXPIRE', 'rq:execution:' .. id .. ':' .. execution, lease)
  redis.call('ZADD', 'rq:executions:' .. id, now + lease + 60, execution)
  redis.call('EXPIRE', 'rq:executions:' .. id, lease + 60)
end

local function write_execution(id, execution)
  redis.call('HSET', 'rq:execution:' .. id .. ':' .. execution, 'id', execution, 'job_id', id,
             'worker_name', ARGV[5], 'created_at', now_epoch, 'last_heartbeat', now_epoch)
  -- RQ 3 takes an execution without its hash out of here.
  if is_listed(id) then redis.call('SADD', KEYS[2], id .. ':' .. execution) end
end

local function show(id, execution, origin, began, created)
  local job_key, member = 'rq:job:' .. id, id .. ':' .. execution
  held = held + 1
  -- A job that was canceled or deleted is left as it is: its outcome will be dropped.
  local job = redis.call('HMGET', job_key, 'data', 'status', 'created_at')
  if not job[1] or job[2] ~= 'queued' or not is_same_job(created, job[3]) then return end
  if is_listed(id) then redis.call('ZADD', 'rq:wip:' .. origin, now + lease, member) end
  redis.call('ZADD', KEYS[1], 'XX', 0, member)
  write_execution(id, execution)
  redis.call('HSET', job_key, 'status', 'started', 'started_at', began, 'worker_name', ARGV[5],
             'last_heartbeat', now_iso)
  redis.call('PERSIST', job_key)
  expire(id, execution)
end

-- A run whose job was canceled or deleted keeps its slot while its execution is renewed.
local function keep_slot(id, execution)
  if redis.call('ZADD', 'rq:executions:' .. id, 'XX', 'CH', now + lease + 60, execution) == 0 then return end
  expire(id, execution)
end

local function renew(id, execution, origin)
  local wip_key, member, job_key = 'rq:wip:' .. origin, id .. ':' .. execution, 'rq:job:' .. id
  -- No score changes where it was renewed in this very second.
  if redis.call('ZADD', wip_key, 'XX', 'CH', now + lease, member) == 0 and
     not redis.call('ZSCORE', wip_key, member) then
    if not still_holds(id, execution, ARGV[5]) then return keep_slot(id, execution) end
    if is_listed(id) then redis.call('ZADD', wip_key, now + lease, member) end
  end
  held = held + 1
  if redis.call('HEXISTS', job_key, 'data') == 1 then
    redis.call('HSET', job_key, 'last_heartbeat', now_iso)
  end
  local new_fields = redis.call('HSET', 'rq:execution:' .. member, 'id', execution, 'job_id', id,
                                'last_heartbeat', now_epoch)
  -- It has expired while this worker was held up.
  if new_fields > 0 then write_execution(id, execution) end
  expire(id, execution)
end

-- include shared/rights.lua
local wip, job, execution, executions = 'rq:wip:' .. (ARGV[8] or ''), 'rq:job:', 'rq:execution:', 'rq:executions:'
local refused = missing_right('ZADD', KEYS[1], 'SADD', KEYS[2], 'ZADD', wip, 'ZSCORE', wip, 'HMGET', job, 'HEXISTS',
                              job, 'HSET', job, 'PERSIST', job, 'HSET', execution, 'EXPIRE', execution, 'ZADD',
                              executions, 'EXPIRE', executions, 'ZRANGE', executions)
if refused then return refused end

local members = {}
for i = 6, #ARGV, 5 do members[#members + 1] = ARGV[i] .. ':' .. ARGV[i + 1] end
local scores = redis.call('ZMSCORE', KEYS[1], unpack(members))
for i = 6, #ARGV, 5 do
  local score = scores[(i - 1) / 5]
  -- A key of one run that somebody replaced must not cost the other runs their leases.
  if score and tonumber(score) == 0 then
    pcall(renew, ARGV[i], ARGV[i + 1], ARGV[i + 2])
  elseif score then
    pcall(show, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] ~= '' and ARGV[i + 3] or now_iso, ARGV[i + 4])
  end
end
return held
