-- Takes over the runs of a worker whose lease has run out: from here on they belong to the heir,
-- which decides what becomes of them, and the dead worker can write nothing more. What lay in its
-- inbox goes back to the queues. When nothing is left the worker is unregistered.
--
-- Redis may learn late that the dead worker's connections are dead: until then its waits move what
-- arrives into its inbox. So its lease stays, and runs out now and again, as long as its runs have the
-- member `lost`, which expires after every wait has ended.
--
-- KEYS[1]   the leases, a sorted set
-- KEYS[2]   the set of all workers
-- KEYS[3]   the hash of the dead worker's name, which may be another worker's by now
-- KEYS[4]   the dead worker's runs, a sorted set (shared/own.lua)
-- KEYS[5]   the dead worker's inbox, a list
-- KEYS[6]   the dead worker's executions as RQ lists them, a set
-- KEYS[7]   the heir's runs, a sorted set
-- ARGV[1]   now, as RQ's timestamp
-- ARGV[2]   seconds that a worker's lease lasts
-- ARGV[3]   seconds after which no wait of the dead worker can stand
-- ARGV[4]   the dead worker
-- ARGV[5]   the heir's session
-- ARGV[6]   up to which claim the heir's prefetched jobs have begun, as a score
-- ARGV[7..] execution ids for the runs that are taken over
-- Returns {runs, more, news}: runs = list of {id, execution, queue, {name, value, ...}, begun, 0};
-- begun = 0 if the dead worker had only prefetched the job; more = 1 if there is more to take over
-- at once; news = 1 if nobody had found it dead before. An error if the heir's session may take nothing.

local now_iso, lease, dead = ARGV[1], tonumber(ARGV[2]), ARGV[4]
local name = string.match(KEYS[6], '^rq:worker:(.*):executions$')
local kFirstId = 7
local kNever = '999999999'  -- the number of no claim

-- include shared/read_job.lua
-- include shared/own.lua
-- include shared/still_holds.lua

-- include shared/rights.lua
-- include shared/slots.lua
local job, executions = 'rq:job:', 'rq:executions:'
local refused = missing_right('ZADD', KEYS[1], 'ZREM', KEYS[1], 'SREM', KEYS[2], 'SREM', 'rq:workers:', 'HMGET',
                              KEYS[3], 'HSET', KEYS[3], 'HDEL', KEYS[3], 'ZADD', KEYS[4], 'ZREM', KEYS[4], 'ZSCORE',
                              KEYS[4], 'ZRANGE', KEYS[4], 'ZREMRANGEBYSCORE', KEYS[4], 'EXPIRE', KEYS[4], 'LPOP',
                              KEYS[5], 'LLEN', KEYS[5], 'SREM', KEYS[6], 'ZADD', KEYS[7], 'ZREM', KEYS[7], 'HSCAN',
                              job, 'HMGET', job, 'HGET', job, 'LPUSH', 'rq:queue:', 'DEL', 'rq:execution:', 'ZREM',
                              executions, 'ZRANGE', executions, 'ZREM', 'rq:wip:')
if refused then return refused end

local time = redis.call('TIME')
local clock = tonumber(time[1]) + tonumber(time[2]) / 1000000
local ends = redis.call('ZSCORE', KEYS[1], dead)
-- It lives after all, or another heir was first.
if not ends or tonumber(ends) > clock then return {{}, 0, 0} end

-- What a run remembers of its job; 000000 is nothing. (Workers of before have no stamps.)
local function stamp_of_score(score, begun)
  return score >= 1000000 and begun % 1000000 == 999999 and string.format('%06d', score % 1000000) or '000000'
end

-- The runs of this page, with new executions of the heir's.
local function read_page()
  local begun = redis.pcall('ZSCORE', KEYS[4], 'begun')
  begun = type(begun) == 'string' and tonumber(begun) or 1
  local page, marks = {}, {}
  -- Beside the runs there are a session, and `begun` or `lost`.
  local members = redis.pcall('ZRANGE', KEYS[4], 0, #ARGV - kFirstId + 3, 'WITHSCORES')
  if members.err then members = {} end  -- It is no sorted set.
  for i = 1, #members, 2 do
    local id, execution = string.match(members[i], '^(.*):([^:]*)$')
    local score = tonumber(members[i + 1])
    if not id then
      marks[members[i]] = true
    elseif #page <= #ARGV - kFirstId then
      page[#page + 1] = {id = id, execution = execution, member = members[i], shown = score == 0,
                         begun = score <= begun, stamp = stamp_of_score(score, begun),
                         new = ARGV[kFirstId + #page]}
    end
  end
  return page, marks
end

local page, marks = read_page()
if #page > 0 then
  local runs = {}
  for _, run in ipairs(page) do
    -- Should the heir be lost with its answer, the next one knows that it never began.
    runs[#runs + 1] = (run.begun and '1' or kNever) .. run.stamp
    runs[#runs + 1] = run.id .. ':' .. run.new
  end
  local owned = own(KEYS[7], ARGV[5], ARGV[6], runs)
  if owned == 0 then return redis.error_reply('LOSTWORKER this heir was given up, or is connected anew') end
  if owned ~= 1 then return owned end
end
-- From here on it takes no jobs. Should this heir die as well, the next one finds the rest.
redis.pcall('ZREMRANGEBYSCORE', KEYS[4], -1, -1)
redis.call('ZADD', KEYS[1], clock + lease, dead)

local stranded = redis.pcall('LPOP', KEYS[5], 100) or {}  -- An error, if it is no list, has no items.
for i = #stranded, 1, -1 do
  local origin = redis.pcall('HGET', 'rq:job:' .. stranded[i], 'origin')
  if type(origin) == 'string' then redis.pcall('LPUSH', 'rq:queue:' .. origin, stranded[i]) end
end

-- A run that has lost its job has kept its slot, which it would give back now. It alone may know of it.
local function leave_slot_of(run, fields)
  local limit = redis.pcall('HGET', 'rq:execution:' .. run.member, 'rqpp_limit')
  if type(limit) ~= 'string' or missing_slot_right(limit, value_of(fields, 'origin') or '') then return end
  leave_slot_of_lost(run.id, value_of(fields, 'status'), limit, string.format('%d', clock), now_iso)
end

-- Whether the job that has this id now is the one that a hidden run took: it may have been deleted, and a
-- new one may be wherever its status says. A run that was taken over before left its job as it was, `started`.
local function is_its_job(run, fields)
  local stamp = stamp_of(value_of(fields, 'created_at'))
  if stamp ~= run.stamp and stamp ~= '000000' and run.stamp ~= '000000' then return false end
  local status = value_of(fields, 'status') or ''
  if status ~= 'started' then return status == 'queued' or status == '' end
  return #redis.pcall('ZRANGE', 'rq:executions:' .. run.id, 0, 0) == 0  -- nobody runs it
end

-- Returns what the heir gets, or nothing if the run had lost its job.
local function take_over(run)
  local fields = read_job(run.id)
  if fields.err then return end
  local origin = value_of(fields, 'origin')
  if run.shown then
    -- RQ may have taken the job from it.
    local seen = redis.call('ZREM', 'rq:wip:' .. (origin or ''), run.member) == 1
    local holds = (seen or still_holds(run.id, run.execution, name)) and value_of(fields, 'status') ~= 'canceled'
    redis.call('ZREM', 'rq:executions:' .. run.id, run.execution)
    redis.call('SREM', KEYS[6], run.member)
    if not holds then leave_slot_of(run, fields) end
    redis.call('DEL', 'rq:execution:' .. run.member)
    if not holds then return end
  elseif not is_its_job(run, fields) then
    return
  end
  if not value_of(fields, 'data') or not origin then return end
  return {run.id, run.new, origin, fields, run.begun and 1 or 0, 0}
end

local runs, old, lost = {}, {}, {}
for _, run in ipairs(page) do
  -- A key of one job that is of a wrong type must not keep the others.
  local ok, taken = pcall(take_over, run)
  if ok and taken then runs[#runs + 1] = taken else lost[#lost + 1] = run.id .. ':' .. run.new end
  old[#old + 1] = run.member
end
if #old > 0 then redis.call('ZREM', KEYS[4], unpack(old)) end
if #lost > 0 then redis.call('ZREM', KEYS[7], unpack(lost)) end

local waiting = redis.pcall('LLEN', KEYS[5])
if #page > #ARGV - kFirstId or type(waiting) == 'number' and waiting > 0 then
  -- At once again, and by the same heir.
  redis.call('ZADD', KEYS[1], clock, dead)
  return {runs, 1, 0}
end

if #page == 0 and not next(marks) then
  redis.call('ZREM', KEYS[1], dead)
else
  redis.call('ZADD', KEYS[1], clock + 3 * lease, dead)
end
if marks.lost then return {runs, 0, 0} end
if #page > 0 or next(marks) then
  redis.pcall('ZADD', KEYS[4], 0, 'lost')
  redis.pcall('ZREM', KEYS[4], 'begun')
  redis.pcall('EXPIRE', KEYS[4], ARGV[3])
end

local values = redis.pcall('HMGET', KEYS[3], 'rqpp_worker', 'queues')
if not values.err and values[1] == dead then
  redis.call('SREM', KEYS[2], KEYS[3])
  for queue in string.gmatch(values[2] or '', '[^,]+') do
    redis.call('SREM', 'rq:workers:' .. queue, KEYS[3])
  end
  redis.call('HSET', KEYS[3], 'death', now_iso)
  redis.call('HDEL', KEYS[3], 'current_job', 'current_job_working_time', 'last_heartbeat')
end
return {runs, 0, 1}
