-- Takes up to n jobs from the first queues that have any and marks them as started, in one step:
-- at no moment is a job only in somebody's memory.
--
-- KEYS[1]     the worker's hash
-- KEYS[2]     the worker's executions, a set
-- KEYS[3]     the worker's inbox, a list of ids that a blocking wait moved there
-- KEYS[4..]   queues in the order of their priority
-- ARGV[1]     now, as RQ's timestamp
-- ARGV[2]     now, as seconds with a fraction
-- ARGV[3]     now, as whole seconds
-- ARGV[4]     lease: seconds after which the job counts as abandoned, unless it is renewed
-- ARGV[5]     the worker's name
-- ARGV[6]     1 to look into the inbox first, else 0
-- ARGV[7]     1 to show the executions to observers at once, 0 if they are expected to be over soon
-- ARGV[8]     how many of the jobs begin at once; the others are taken ahead
-- ARGV[9]     1 if jobs that were taken ahead before begin now, else 0
-- ARGV[10..9+n]  execution ids for the jobs that are taken
-- Returns {started, skipped, more, held}: started = list of {id, execution, queue, {values of the fields},
-- 1 or, if it was taken ahead, 0}; skipped = list of {id, why}; more = 1 if it stopped at its limit of
-- 100 ids, not at an empty queue; held = list of {id, moment}: these were scheduled, as their rate
-- limits say.

local now_iso, now_epoch, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local lease, worker = tonumber(ARGV[4]), ARGV[5]
local shown = ARGV[7] == '1'
local at_once = tonumber(ARGV[8])
local wanted = #ARGV - 9

local started, skipped, held, seen = {}, {}, {}, 0

-- include shared/turn_of.lua

-- Returns whether the job has to wait.
local function hold_back(id, origin, limit)
  local turn, promise = turn_of(limit)
  if turn then
    redis.call('HSET', 'rq:job:' .. id, 'status', 'scheduled', 'rqpp_rate_limit', promise)
    redis.call('ZADD', 'rq:scheduled:' .. origin, turn, id)
    held[#held + 1] = {id, tostring(turn)}
    return true
  end
  -- The next run, if there is one, needs a turn of its own.
  local kept, promised, key = string.match(limit, '^(%d+ %d+) (%d+) (.+)$')
  if promised then redis.call('HSET', 'rq:job:' .. id, 'rqpp_rate_limit', kept .. ' - ' .. key) end
end

local function start(id, origin, values)
  -- A member of rq:wip with two colons ends every Python worker that reads it.
  if string.find(id, ':', 1, true) then error({err = 'RQ allows no colon in its id'}) end
  if values[37] and hold_back(id, origin, values[37]) then return end
  local execution = ARGV[10 + #started]
  local job_key = 'rq:job:' .. id
  redis.call('ZADD', 'rq:wip:' .. origin, now + lease, id .. ':' .. execution)
  if shown then
    local execution_key = 'rq:execution:' .. id .. ':' .. execution
    local executions_key = 'rq:executions:' .. id
    redis.call('HSET', execution_key, 'id', execution, 'job_id', id, 'worker_name', worker,
               'created_at', now_epoch, 'last_heartbeat', now_epoch)
    redis.call('EXPIRE', execution_key, lease)
    redis.call('ZADD', executions_key, now + lease + 60, execution)
    redis.call('EXPIRE', executions_key, lease + 60)
  end
  redis.call('SADD', KEYS[2], id .. ':' .. execution)
  redis.call('HSET', job_key, 'status', 'started', 'started_at', now_iso, 'last_heartbeat', now_iso,
             'worker_name', worker)
  redis.call('PERSIST', job_key)
  started[#started + 1] = {id, execution, origin, values, #started < at_once and 1 or 0}
end

-- include shared/read_job.lua

-- Returns why the job was not started, or nothing.
local function try_to_start(id, queue)
  local values = read_job(id)
  if values.err then return 'its key is no hash' end
  if not values[1] then return 'it was deleted or has expired' end
  if values[2] == 'canceled' then return 'it was canceled' end
  local origin = values[3] or queue

  local ok, why = pcall(start, id, origin, values)
  if ok then return nil end
  -- One of the keys that belong to the job is of a wrong type, say. It ends in `failed`, as far as
  -- its keys let it, rather than nowhere.
  redis.pcall('ZREM', 'rq:wip:' .. origin, id .. ':' .. ARGV[10 + #started])
  redis.pcall('HSET', 'rq:job:' .. id, 'status', 'failed', 'ended_at', now_iso)
  redis.pcall('ZADD', 'rq:failed:' .. origin, now + 31536000, id)
  return tostring(type(why) == 'table' and why.err or why)
end

-- Returns the error of a list that cannot be read.
local function take_from(list, queue)
  while #started < wanted and seen < 100 do
    local id = redis.pcall('LPOP', list)
    if not id then return nil end
    if type(id) == 'table' then return id end
    seen = seen + 1
    local why = try_to_start(id, queue)
    if why then skipped[#skipped + 1] = {id, why} end
  end
end

local lists = {}
if ARGV[6] == '1' then lists[1] = {KEYS[3], KEYS[4]} end
for i = 4, #KEYS do lists[#lists + 1] = {KEYS[i], KEYS[i]} end
for _, list in ipairs(lists) do
  local err = take_from(list[1], string.sub(list[2], 10))
  -- What was taken must reach the worker. The next claim meets the same error with empty hands.
  if err and seen == 0 then return err end
  if err then break end
end

-- What is taken ahead is known by its executions until the next claim.
local ahead = table.concat(ARGV, ' ', 10 + at_once, 9 + #started)
if #started > 0 then
  local fields = {'state', 'busy', 'current_job', started[#started][1], 'current_job_working_time', '0'}
  if ahead ~= '' or ARGV[9] == '1' then
    fields[7], fields[8] = 'rqpp_ahead', ahead
  end
  redis.pcall('HSET', KEYS[1], unpack(fields))
elseif ARGV[9] == '1' then
  redis.pcall('HDEL', KEYS[1], 'rqpp_ahead')
end
return {started, skipped, seen >= 100 and 1 or 0, held}
