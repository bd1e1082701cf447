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
-- Returns {started, skipped, more, held}: started = list of {id, execution, queue, {name, value, ...}, 1
-- or, if it was taken ahead, 0}; skipped = list of {id, why}; more = 1 if it did not stop at an
-- empty queue but at its limit of 100 ids, or what it took could not be started; held = list of {id, moment}: these were scheduled, as their rate
-- limits say.

local now_iso, now_epoch, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local lease, worker = tonumber(ARGV[4]), ARGV[5]
local shown = ARGV[7] == '1'
local at_once = tonumber(ARGV[8])
local wanted = #ARGV - 9

local started, skipped, held, seen = {}, {}, {}, 0

-- include shared/turn_of.lua
-- include shared/read_job.lua

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

local function show(id, execution)
  local execution_key = 'rq:execution:' .. id .. ':' .. execution
  local executions_key = 'rq:executions:' .. id
  redis.call('HSET', execution_key, 'id', execution, 'job_id', id, 'worker_name', worker,
             'created_at', now_epoch, 'last_heartbeat', now_epoch)
  redis.call('EXPIRE', execution_key, lease)
  redis.call('ZADD', executions_key, now + lease + 60, execution)
  redis.call('EXPIRE', executions_key, lease + 60)
end

-- A job that cannot be started ends in `failed`, as far as its keys let it, rather than nowhere. One of
-- them is of a wrong type, say.
local function fail(id, origin, why)
  redis.pcall('HSET', 'rq:job:' .. id, 'status', 'failed', 'ended_at', now_iso)
  redis.pcall('ZADD', 'rq:failed:' .. origin, now + 31536000, id)
  skipped[#skipped + 1] = {id, tostring(type(why) == 'table' and why.err or why)}
end

-- Of a job that is expected to be over soon only its owner is written: to observers it is queued.
local function start(id, origin, fields, rate, limit)
  -- A member of rq:wip with two colons ends every Python worker that reads it.
  if string.find(id, ':', 1, true) then error({err = 'RQ allows no colon in its id'}) end
  if rate and hold_back(id, origin, rate) then return end
  local execution = ARGV[10 + #started]
  if shown then show(id, execution) end
  -- Who cancels or deletes a job that has a slot leaves that to the run, if there is one.
  if shown or limit then
    local job_key = 'rq:job:' .. id
    redis.call('HSET', job_key, 'status', 'started', 'started_at', now_iso,
               'last_heartbeat', now_iso, 'worker_name', worker)
    redis.call('PERSIST', job_key)
  end
  started[#started + 1] = {id, execution, origin, fields, #started < at_once and 1 or 0}
end

local function try_to_start(id, queue)
  local fields = read_job(id)
  if fields.err then
    skipped[#skipped + 1] = {id, 'its key is no hash'}
    return
  end
  local data, status, origin, rate, limit
  for i = 1, #fields, 2 do
    local name = fields[i]
    if name == 'data' then data = true
    elseif name == 'status' then status = fields[i + 1]
    elseif name == 'origin' then origin = fields[i + 1]
    elseif name == 'rqpp_rate_limit' then rate = fields[i + 1]
    elseif name == 'rate_limit_key' then limit = fields[i + 1] end
  end
  if not data then
    skipped[#skipped + 1] = {id, 'it was deleted or has expired'}
  elseif status == 'canceled' then
    skipped[#skipped + 1] = {id, 'it was canceled'}
  else
    local ok, why = pcall(start, id, origin or queue, fields, rate, limit)
    if not ok then fail(id, origin or queue, why) end
  end
end

-- Returns the error of a list that cannot be read.
local function take_from(list, queue)
  while #started < wanted and seen < 100 do
    local ids = redis.pcall('LPOP', list, math.min(wanted - #started, 100 - seen))
    if not ids then return nil end
    if ids.err then return ids end
    seen = seen + #ids
    for _, id in ipairs(ids) do try_to_start(id, queue) end
  end
end

-- Takes from the first queues that have any, by one command for each of those, however many are empty.
-- Returns whether that was possible: servers before 7.0 have no LMPOP, and a list may be none.
local function take_from_any_of(queues)
  while #started < wanted and seen < 100 do
    local words = {#queues, unpack(queues)}
    words[#words + 1] = 'LEFT'
    words[#words + 1] = 'COUNT'
    words[#words + 1] = math.min(wanted - #started, 100 - seen)
    local popped = redis.pcall('LMPOP', unpack(words))
    if not popped then return true end
    if popped.err then return false end
    seen = seen + #popped[2]
    for _, id in ipairs(popped[2]) do try_to_start(id, string.sub(popped[1], 10)) end
  end
  return true
end

-- Writes whose the started jobs are, with one command for each of their queues.
local function own()
  local words, refused = {}, {}
  -- As a text: Redis prints each number that it is given anew.
  local abandoned = string.format('%d', now + lease)
  for _, job in ipairs(started) do
    local of_queue = words[job[3]] or {}
    of_queue[#of_queue + 1] = abandoned
    of_queue[#of_queue + 1] = job[1] .. ':' .. job[2]
    words[job[3]] = of_queue
  end
  for queue, of_queue in pairs(words) do
    local added = redis.pcall('ZADD', 'rq:wip:' .. queue, unpack(of_queue))
    if type(added) == 'table' then refused[queue] = added end
  end
  local kept, members = {}, {}
  for _, job in ipairs(started) do
    if refused[job[3]] then
      fail(job[1], job[3], refused[job[3]])
    else
      kept[#kept + 1] = job
      members[#members + 1] = job[1] .. ':' .. job[2]
    end
  end
  if #kept > 0 then redis.call('SADD', KEYS[2], unpack(members)) end
  started = kept
end

local queues, err = {unpack(KEYS, 4)}, nil
if ARGV[6] == '1' then err = take_from(KEYS[3], string.sub(KEYS[4], 10)) end
if not err and not (#queues > 1 and take_from_any_of(queues)) then
  for _, queue in ipairs(queues) do
    err = take_from(queue, string.sub(queue, 10))
    if err then break end
  end
end
-- What was taken must reach the worker. The next claim meets the same error with empty hands.
if err and seen == 0 then return err end

local taken = #started
if taken > 0 then own() end

-- What is taken ahead is known by its executions until the next claim.
local ahead = {}
for _, job in ipairs(started) do
  if job[5] == 0 then ahead[#ahead + 1] = job[2] end
end
if #started > 0 then
  local fields = {'state', 'busy', 'current_job', started[#started][1], 'current_job_working_time', '0'}
  if #ahead > 0 or ARGV[9] == '1' then
    fields[7], fields[8] = 'rqpp_ahead', table.concat(ahead, ' ')
  end
  redis.pcall('HSET', KEYS[1], unpack(fields))
elseif ARGV[9] == '1' then
  redis.pcall('HDEL', KEYS[1], 'rqpp_ahead')
end
local more = seen >= 100 or #started < taken
return {started, skipped, more and 1 or 0, held}
