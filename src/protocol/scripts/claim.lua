-- Takes up to n jobs from the first queues that have any and makes them the worker's, in one step: at
-- no moment is a job only in somebody's memory.
--
-- KEYS[1]     the worker's hash
-- KEYS[2]     the worker's executions as RQ lists them, a set
-- KEYS[3]     the worker's inbox, a list of ids that a blocking wait moved there
-- KEYS[4]     the worker's runs, a sorted set (shared/own.lua)
-- KEYS[5..]   queues in the order of their priority
-- ARGV[1]     now, as RQ's timestamp
-- ARGV[2]     now, as seconds with a fraction
-- ARGV[3]     now, as whole seconds
-- ARGV[4]     lease: seconds after which a job that is shown counts as abandoned, unless it is renewed
-- ARGV[5]     the worker's name
-- ARGV[6]     1 to look into the inbox first, else 0
-- ARGV[7]     1 to show the executions to observers at once, 0 if they are expected to be over soon
-- ARGV[8]     how many of the jobs begin at once; the others are prefetched
-- ARGV[9]     1 if prefetched jobs begin now that had not begun, else 0
-- ARGV[10]    the worker's session
-- ARGV[11]    up to which claim prefetched jobs have begun, as a score
-- ARGV[12]    the number of this claim
-- ARGV[13..12+n]  execution ids for the jobs that are taken
-- Returns {started, skipped, more, held}: started = list of {id, execution, queue, {name, value, ...},
-- begun, shown}, the last two 1 or 0; skipped = list of {id, why},
-- and of {key, why} for what is no list; more = 1 if it did not stop at an
-- empty queue but at its limit of 100 ids, or what it took could not be started; held = list of
-- {id, moment}: these were scheduled, as their rate limits say. An error if this session may not claim.

local now_iso, now_epoch, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local lease, worker = tonumber(ARGV[4]), ARGV[5]
local show_all, at_once = ARGV[7] == '1', tonumber(ARGV[8])
local kFirstId = 13
local wanted = #ARGV - kFirstId + 1

local started, skipped, held, seen = {}, {}, {}, 0
local refusal  -- of what a job needed, which is back in its queue

-- include shared/rights.lua

-- include shared/turn_of.lua
-- include shared/read_job.lua
-- include shared/own.lua
-- include shared/listed.lua

-- Returns whether the job has to wait.
local function hold_back(id, origin, limit)
  local scheduled, begins = 'rq:scheduled:' .. origin, 'rqpp:rate:'
  local refused = missing_right('HSET', 'rq:job:' .. id, 'ZADD', scheduled, 'LLEN', begins, 'LINDEX', begins,
                                'RPUSH', begins, 'LTRIM', begins, 'EXPIRE', begins)
  if refused then error(refused) end
  local turn, promise = turn_of(limit)
  if turn then
    redis.call('HSET', 'rq:job:' .. id, 'status', 'scheduled', 'rqpp_rate_limit', promise)
    redis.call('ZADD', scheduled, turn, id)
    held[#held + 1] = {id, tostring(turn)}
    return true
  end
  -- The next run, if there is one, needs a turn of its own.
  local kept, promised, key = string.match(limit, '^(%d+ %d+) (%d+) (.+)$')
  if promised then redis.call('HSET', 'rq:job:' .. id, 'rqpp_rate_limit', kept .. ' - ' .. key) end
end

-- A job that cannot be started ends in `failed`, as far as its keys let it, rather than nowhere. One of
-- them is of a wrong type, say.
local function fail(id, origin, why)
  redis.pcall('HSET', 'rq:job:' .. id, 'status', 'failed', 'ended_at', now_iso)
  redis.pcall('ZADD', 'rq:failed:' .. origin, now + 31536000, id)
  skipped[#skipped + 1] = {id, tostring(type(why) == 'table' and why.err or why)}
end

-- Returns the error of what show() needs and this user may not do.
local function missing_right_to_show()
  local execution, executions, wip = 'rq:execution:', 'rq:executions:', 'rq:wip:'
  return missing_right('HSET', 'rq:job:', 'ZADD', 'rq:failed:', 'HSET', execution, 'EXPIRE', execution, 'DEL',
                       execution, 'ZADD', executions, 'EXPIRE', executions, 'ZADD', wip, 'ZREM', wip, 'PERSIST',
                       'rq:job:', 'SADD', KEYS[2])
end

local function start(id, list, origin, fields, created, rate, limit)
  local refused = limit and not show_all and missing_right_to_show()
  if refused then error(refused) end
  if rate and hold_back(id, origin, rate) then return end
  local execution = ARGV[kFirstId + #started]
  started[#started + 1] = {
    id = id, execution = execution, member = id .. ':' .. execution, list = list, origin = origin,
    fields = fields, created = created, limit = limit, begun = #started < at_once,
    -- Who cancels or deletes a job that has a slot leaves that to the run, if it sees one.
    shown = show_all or limit ~= nil}
end

local function give_back(id, list, why)
  redis.call('LPUSH', 'rq:queue:' .. list, id)
  refusal = type(why) == 'table' and why or {err = why}
end

local function try_to_start(id, list)
  local fields = read_job(id)
  if fields.err and is_refusal(fields) then
    give_back(id, list, fields)
    return
  end
  if fields.err then
    skipped[#skipped + 1] = {id, 'its key is no hash'}
    return
  end
  local data, status, origin, created, rate, limit
  for i = 1, #fields, 2 do
    local name = fields[i]
    if name == 'data' then data = true
    elseif name == 'status' then status = fields[i + 1]
    elseif name == 'origin' then origin = fields[i + 1]
    elseif name == 'created_at' then created = fields[i + 1]
    elseif name == 'rqpp_rate_limit' then rate = fields[i + 1]
    elseif name == 'rate_limit_key' then limit = fields[i + 1] end
  end
  if not data then
    skipped[#skipped + 1] = {id, 'it was deleted or has expired'}
  elseif status == 'canceled' then
    skipped[#skipped + 1] = {id, 'it was canceled'}
  else
    local ok, why = pcall(start, id, list, origin or list, fields, created, rate, limit)
    if not ok and not is_refusal(why) then
      why = missing_right('HSET', 'rq:job:' .. id, 'ZADD', 'rq:failed:' .. (origin or list)) or why
    end
    if not ok and is_refusal(why) then
      give_back(id, list, why)
    elseif not ok then
      fail(id, origin or list, why)
    end
  end
end

-- Returns the error if it cannot be read. What is no list keeps no other queue from being served.
local function take_from(list, queue)
  while #started < wanted and seen < 100 and not refusal do
    local ids = redis.pcall('LPOP', list, math.min(wanted - #started, 100 - seen))
    if not ids then return nil end
    if ids.err and string.sub(ids.err, 1, 9) == 'WRONGTYPE' then
      skipped[#skipped + 1] = {list, 'it is no list'}
      return nil
    end
    if ids.err then return ids end
    seen = seen + #ids
    for _, id in ipairs(ids) do try_to_start(id, queue) end
  end
end

-- Takes from the first queues that have any, by one command for each of those, however many are empty.
-- Returns whether that was possible: servers before 7.0 have no LMPOP, and a list may be none.
local function take_from_any_of(queues)
  while #started < wanted and seen < 100 and not refusal do
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

-- Makes what was taken the worker's; or puts it back and returns why not.
local function own_started()
  local runs = {}
  for _, job in ipairs(started) do
    runs[#runs + 1] = job.shown and '0' or (job.begun and '1' or ARGV[12]) .. stamp_of(job.created)
    runs[#runs + 1] = job.member
  end
  local owned = own(KEYS[4], ARGV[10], ARGV[11], runs)
  if owned == 1 then return nil end
  for i = #started, 1, -1 do redis.call('LPUSH', 'rq:queue:' .. started[i].list, started[i].id) end
  if owned ~= 0 then return owned end
  return redis.error_reply('LOSTWORKER this worker was given up, or is connected anew')
end

local function show(job)
  local execution_key = 'rq:execution:' .. job.id .. ':' .. job.execution
  local executions_key, job_key = 'rq:executions:' .. job.id, 'rq:job:' .. job.id
  local slot = job.limit and {'rqpp_limit', job.limit} or {}  -- should the job be deleted, see inherit.lua
  redis.call('HSET', execution_key, 'id', job.execution, 'job_id', job.id, 'worker_name', worker,
             'created_at', now_epoch, 'last_heartbeat', now_epoch, unpack(slot))
  redis.call('EXPIRE', execution_key, lease)
  redis.call('ZADD', executions_key, now + lease + 60, job.execution)
  redis.call('EXPIRE', executions_key, lease + 60)
  redis.call('HSET', job_key, 'status', 'started', 'started_at', now_iso, 'last_heartbeat', now_iso,
             'worker_name', worker)
  redis.call('PERSIST', job_key)
end

-- Writes what RQ's readers see of a run, with one command for each queue and one for the worker.
local function show_started()
  local words, refused, members = {}, {}, {}
  -- As a text: Redis prints each number that it is given anew.
  local abandoned = string.format('%d', now + lease)
  for _, job in ipairs(started) do
    if job.shown and is_listed(job.id) then
      local of_queue = words[job.origin] or {}
      of_queue[#of_queue + 1] = abandoned
      of_queue[#of_queue + 1] = job.member
      words[job.origin] = of_queue
    end
  end
  for queue, of_queue in pairs(words) do
    local added = redis.pcall('ZADD', 'rq:wip:' .. queue, unpack(of_queue))
    if type(added) == 'table' then refused[queue] = added end
  end
  local kept = {}
  for _, job in ipairs(started) do
    local ok, why = true, nil
    if job.shown then
      ok, why = not refused[job.origin], refused[job.origin]
      if ok then ok, why = pcall(show, job) end
    end
    if ok then
      kept[#kept + 1] = job
      if job.shown and is_listed(job.id) then members[#members + 1] = job.member end
    else
      redis.call('ZREM', KEYS[4], job.member)
      redis.pcall('ZREM', 'rq:wip:' .. job.origin, job.member)
      redis.pcall('DEL', 'rq:execution:' .. job.member)
      fail(job.id, job.origin, why)
    end
  end
  if #members > 0 then redis.pcall('SADD', KEYS[2], unpack(members)) end
  started = kept
end

local queues, err = {unpack(KEYS, 5)}, nil
-- If a later command is refused, the first two give back what was taken. (A user who may take from one queue
-- may push to it.) Without the third the end of no job could be written.
local refused = missing_right('LPUSH', KEYS[5], 'ZREM', KEYS[4], 'HSET', KEYS[1]) or
                show_all and missing_right_to_show()
if refused then return refused end

if ARGV[6] == '1' then err = take_from(KEYS[3], string.sub(KEYS[5], 10)) end
if not err and not (#queues > 1 and take_from_any_of(queues)) then
  for _, queue in ipairs(queues) do
    err = take_from(queue, string.sub(queue, 10))
    if err then break end
  end
end
-- What was taken must reach the worker. The next claim meets the same error with empty hands.
if err and seen == 0 then return err end
if refusal and #started == 0 and #skipped == 0 and #held == 0 then return refusal end

local taken = #started
if taken > 0 then
  local refusal = own_started()
  if refusal then return refusal end
  show_started()
elseif ARGV[9] == '1' then
  redis.pcall('ZADD', KEYS[4], 'XX', 'GT', ARGV[11], 'begun')
end
if #started > 0 then
  redis.pcall('HSET', KEYS[1], 'state', 'busy', 'current_job', started[#started].id,
              'current_job_working_time', '0')
end

local answer = {}
for i, job in ipairs(started) do
  answer[i] = {job.id, job.execution, job.origin, job.fields, job.begun and 1 or 0, job.shown and 1 or 0}
end
local more = seen >= 100 or #started < taken
return {answer, skipped, more and 1 or 0, held}
