-- Takes over runs that nobody will end: those in rq:wip that were not renewed in time, and jobs that a
-- worker of RQ moved out of their queue and then did not start. From here on they belong to the heir,
-- which decides what becomes of them. Runs of living workers of rqpp are theirs, however late; those
-- of dead ones are inherited (inherit.lua).
--
-- KEYS[1]   the queue's running jobs, a sorted set
-- KEYS[2]   RQ's intermediate list of the queue
-- KEYS[3]   the leases, a sorted set
-- KEYS[4]   the heir's executions, a set
-- ARGV[1]   now, as whole seconds
-- ARGV[2]   now, as seconds with a fraction
-- ARGV[3]   seconds after which a run counts as abandoned, unless it is renewed
-- ARGV[4]   now, as RQ's timestamp
-- ARGV[5]   a job is stuck if it was seen in the list before, and queued before: RQ's timestamp
-- ARGV[6]   the queue's name
-- ARGV[7]   how many of the late runs were looked at and left
-- ARGV[8]   how many ids of the list were
-- ARGV[9..] execution ids for the runs that are taken over
-- Returns {abandoned, stuck, runs left, ids left, more}: abandoned and stuck = lists of {id, execution,
-- queue, {name, value, ...}, 1}; more = 1 if there is more to look at.

local now, epoch, abandoned_after = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now_iso, queued_before, queue = ARGV[4], ARGV[5], ARGV[6]
local runs_left, ids_left = tonumber(ARGV[7]), tonumber(ARGV[8])
local wanted = #ARGV - 8
local kSlice, kStuckAfter, kSeenFor = 50, 60, 86400  -- the last two are RQ's

local abandoned, stuck, taken = {}, {}, 0

-- include shared/read_job.lua

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

local function own(list, id, fields)
  -- A member of rq:wip with two colons ends every Python worker that reads it.
  if string.find(id, ':', 1, true) then error({err = 'RQ allows no colon in its id'}) end
  local execution = ARGV[9 + taken]
  redis.call('ZADD', KEYS[1], now + abandoned_after, id .. ':' .. execution)
  redis.call('SADD', KEYS[4], id .. ':' .. execution)
  taken = taken + 1
  list[#list + 1] = {id, execution, queue, fields, 1}
end

-- The job ends in `failed`, as far as its keys let it, rather than nowhere.
local function fail(id)
  redis.pcall('HSET', 'rq:job:' .. id, 'status', 'failed', 'ended_at', now_iso)
  redis.pcall('ZADD', 'rq:failed:' .. queue, now + 31536000, id)
end

local function look_at_run(member)
  local id, execution = string.match(member, '^(.*):([^:]*)$')
  local fields = id and read(id)
  if not fields then  -- RQ 1.x writes the bare id.
    id, execution, fields = member, nil, read(member)
  end
  local worker = fields and value_of(fields, 'worker_name')
  if execution and worker and type(redis.pcall('ZSCORE', KEYS[3], worker)) == 'string' and
     redis.pcall('SISMEMBER', 'rq:worker:' .. worker .. ':executions', member) == 1 then
    runs_left = runs_left + 1
    return
  end
  redis.call('ZREM', KEYS[1], member)
  if not fields or not may_run(fields) then return end
  if execution then
    redis.pcall('DEL', 'rq:execution:' .. id .. ':' .. execution)
    redis.pcall('ZREM', 'rq:executions:' .. id, execution)
  end
  redis.pcall('LREM', KEYS[2], 1, id)
  if not pcall(own, abandoned, id, fields) then fail(id) end
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
  redis.call('LREM', KEYS[2], 1, id)
  redis.call('DEL', seen_key)
  if not pcall(own, stuck, id, fields) then fail(id) end
end

local members = redis.pcall('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', runs_left, kSlice)
if members.err then members = {} end
local more = #members == kSlice and 1 or 0
for _, member in ipairs(members) do
  if taken == wanted then more = 1 break end
  look_at_run(member)
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
