-- Takes over runs that nobody will end: those in rq:wip that were not renewed in time, and jobs that a
-- worker of RQ moved out of their queue and then did not start. From here on they belong to the heir,
-- which decides what becomes of them. What is in the runs of a worker of rqpp is left, however late: to
-- that worker, or to whoever inherits it (inherit.lua).
--
-- KEYS[1]   the queue's running jobs, a sorted set
-- KEYS[2]   RQ's intermediate list of the queue
-- KEYS[3]   the heir's runs, a sorted set (shared/own.lua)
-- ARGV[1]   now, as whole seconds
-- ARGV[2]   now, as seconds with a fraction
-- ARGV[3]   now, as RQ's timestamp
-- ARGV[4]   a job is stuck if it was seen in the list before, and queued before: RQ's timestamp
-- ARGV[5]   the queue's name
-- ARGV[6]   how many of the late runs were looked at and left
-- ARGV[7]   how many ids of the list were
-- ARGV[8]   the heir's session
-- ARGV[9]   up to which claim the heir's prefetched jobs have begun, as a score
-- ARGV[10..] execution ids for the runs that are taken over
-- Returns {abandoned, stuck, runs left, ids left, more}: abandoned and stuck = lists of {id, execution,
-- queue, {name, value, ...}, 1, 0}; more = 1 if there is more to look at.

local now, epoch = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_iso, queued_before, queue = ARGV[3], ARGV[4], ARGV[5]
local runs_left, ids_left = tonumber(ARGV[6]), tonumber(ARGV[7])
local kFirstId = 10
local wanted = #ARGV - kFirstId + 1
local kSlice, kStuckAfter, kSeenFor = 50, 60, 86400  -- the last two are RQ's

local abandoned, stuck, taken = {}, {}, 0

-- include shared/read_job.lua
-- include shared/own.lua

-- Returns nothing where no job is.
local function read(id)
  local fields = read_job(id)
  if not fields.err and value_of(fields, 'data') then return fields end
end

-- Only such a job can be in the middle of a run, or on the way to one.
local function may_run(fields)
  local status = value_of(fields, 'status') or ''
  return status == '' or status == 'started' or status == 'queued'
end

-- Returns whether the heir may take anything at all.
local function take_over(list, id, fields)
  local execution = ARGV[kFirstId + taken]
  local owned = own(KEYS[3], ARGV[8], ARGV[9], {'1' .. stamp_of(value_of(fields, 'created_at')), id .. ':' .. execution})
  if owned ~= 1 then return false end
  taken = taken + 1
  list[#list + 1] = {id, execution, queue, fields, 1, 0}
  return true
end

-- The job ends in `failed`, as far as its keys let it, rather than nowhere.
local function fail(id)
  redis.pcall('HSET', 'rq:job:' .. id, 'status', 'failed', 'ended_at', now_iso)
  redis.pcall('ZADD', 'rq:failed:' .. queue, now + 31536000, id)
end

-- Whether a worker of rqpp has this run, dead or alive.
local function is_owned(worker, member)
  if not worker or worker == '' then return false end
  local owner = redis.pcall('HGET', 'rq:worker:' .. worker, 'rqpp_worker')
  return type(owner) == 'string' and type(redis.pcall('ZSCORE', 'rqpp:runs:' .. owner, member)) == 'string'
end

-- Returns false if this heir may take nothing.
local function look_at_run(member)
  -- RQ 1.x writes the bare id, which may have a colon.
  local id, execution, fields = member, nil, read(member)
  if not fields then
    id, execution = string.match(member, '^(.*):([^:]*)$')
    fields = id and read(id)
  end
  local worker = fields and value_of(fields, 'worker_name')
  if execution and is_owned(worker, member) then
    runs_left = runs_left + 1
    return true
  end
  if fields and may_run(fields) then
    local ok, taken_over = pcall(take_over, abandoned, id, fields)
    if ok and not taken_over then return false end
    if not ok then fail(id) end
  end
  redis.call('ZREM', KEYS[1], member)
  if not fields or not may_run(fields) then return true end
  if execution then
    redis.pcall('DEL', 'rq:execution:' .. id .. ':' .. execution)
    redis.pcall('ZREM', 'rq:executions:' .. id, execution)
  end
  redis.pcall('LREM', KEYS[2], 1, id)
  return true
end

local function look_at_id(id)
  local fields = read(id)
  if not fields or not may_run(fields) then
    redis.call('LREM', KEYS[2], 1, id)
    return
  end
  local seen_key = KEYS[2] .. ':first_seen:' .. id
  local runs = redis.call('EXISTS', 'rq:executions:' .. id) == 1 or redis.call('ZSCORE', KEYS[1], id)
  local waits = runs or redis.call('SET', seen_key, ARGV[2], 'NX', 'EX', kSeenFor)
  if not waits then
    local seen = tonumber(redis.call('GET', seen_key))
    -- RQ leaves the key for a day: the job may have been here before, and left.
    waits = not seen or seen > epoch - kStuckAfter or (value_of(fields, 'enqueued_at') or '') > queued_before
  end
  if waits then
    ids_left = ids_left + 1
    return
  end
  local ok, taken_over = pcall(take_over, stuck, id, fields)
  if ok and not taken_over then return end
  if not ok then fail(id) end
  redis.call('LREM', KEYS[2], 1, id)
  redis.call('DEL', seen_key)
end

-- include shared/rights.lua
local job = 'rq:job:'
local refused = missing_right('ZRANGEBYSCORE', KEYS[1], 'LRANGE', KEYS[2], 'HSCAN', job, 'HMGET', job, 'HSET', job,
                              'HGET', 'rq:worker:', 'ZSCORE', 'rqpp:runs:', 'ZREM', KEYS[1], 'ZSCORE', KEYS[1],
                              'ZADD', KEYS[3], 'ZREM', KEYS[3], 'DEL', 'rq:execution:', 'ZREM', 'rq:executions:',
                              'EXISTS', 'rq:executions:', 'LREM', KEYS[2], 'SET', KEYS[2], 'GET', KEYS[2], 'DEL',
                              KEYS[2], 'ZADD', 'rq:failed:' .. queue)
if refused then return refused end

local members = redis.pcall('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', runs_left, kSlice)
if members.err then members = {} end
local more = #members == kSlice and 1 or 0
for _, member in ipairs(members) do
  if taken == wanted then more = 1 break end
  if not look_at_run(member) then break end
end

if more == 0 then
  local ids = redis.pcall('LRANGE', KEYS[2], ids_left, ids_left + kSlice - 1)
  if ids.err then ids = {} end
  more = #ids == kSlice and 1 or 0
  for _, id in ipairs(ids) do
    if taken == wanted then more = 1 break end
    -- What is of a wrong type must not keep the others, nor stand in the way for ever.
    if not pcall(look_at_id, id) then
      redis.call('LREM', KEYS[2], 1, id)
      fail(id)
    end
  end
end
return {abandoned, stuck, runs_left, ids_left, more}
