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
-- Returns {held, listed, members}: how many executions still hold their job, how many of them all are among
-- the worker's runs, and how many members these have. A run that somebody took out of them is there again,
-- where its job still is as this worker left it.

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

-- The runs and their scores, how many members there are, and whether the session is one of them: by one command,
-- unless there are very many.
local kPage = 100
local scores, count, has_session = {}, 0, false
local function read_runs()
  local page = redis.call('ZRANGE', KEYS[1], 0, kPage - 1, 'WITHSCORES')
  for i = 1, #page, 2 do scores[page[i]] = tonumber(page[i + 1]) end
  has_session = page[2] == '-1'
  count = #page / 2
  if count < kPage then return end
  count = redis.call('ZCARD', KEYS[1])
  local members = {}
  for i = 6, #ARGV, 5 do members[#members + 1] = ARGV[i] .. ':' .. ARGV[i + 1] end
  for i, score in ipairs(redis.call('ZMSCORE', KEYS[1], unpack(members))) do
    scores[members[i]] = score and tonumber(score)
  end
end

-- Whether nobody has given this worker up: then its runs are others', or are to be.
local function is_in_office()
  local values = redis.pcall('HMGET', 'rq:worker:' .. ARGV[5], 'rqpp_worker', 'death')
  if values.err or values[2] or 'rqpp:runs:' .. (values[1] or '') ~= KEYS[1] then return false end
  return has_session or count == 0
end
local in_office  -- not looked at yet

-- Returns the score of a run that was missing.
local function restore(id, execution, origin, created)
  local member, score = id .. ':' .. execution, nil
  local job = redis.pcall('HMGET', 'rq:job:' .. id, 'data', 'status', 'worker_name', 'created_at')
  if job.err or not job[1] or not is_same_job(created, job[4]) then return nil end
  if in_office == nil then in_office = is_in_office() end
  if not in_office then return nil end
  if job[2] == 'queued' and created ~= '' then
    score = 1000000
  elseif job[2] == 'started' and job[3] == ARGV[5] and
         (redis.call('ZSCORE', 'rq:wip:' .. origin, member) or still_holds(id, execution, ARGV[5])) then
    score = 0
  end
  if score then
    redis.call('ZADD', KEYS[1], score, member)
    count = count + 1
  end
  return score
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
local refused = missing_right('ZADD', KEYS[1], 'ZCARD', KEYS[1], 'SADD', KEYS[2], 'ZADD', wip, 'ZSCORE', wip,
                              'HMGET', job, 'HEXISTS', job, 'HSET', job, 'PERSIST', job, 'HSET', execution,
                              'EXPIRE', execution, 'ZADD', executions, 'EXPIRE', executions, 'ZRANGE', executions)
if refused then return refused end

read_runs()
local listed = 0
for i = 6, #ARGV, 5 do
  local score = scores[ARGV[i] .. ':' .. ARGV[i + 1]]
  if not score then
    local ok, restored = pcall(restore, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 4])
    score = ok and restored
  end
  if score then listed = listed + 1 end
  -- A key of one run that somebody replaced must not cost the other runs their leases.
  if score == 0 then
    pcall(renew, ARGV[i], ARGV[i + 1], ARGV[i + 2])
  elseif score then
    pcall(show, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] ~= '' and ARGV[i + 3] or now_iso, ARGV[i + 4])
  end
end
return {held, listed, count}
