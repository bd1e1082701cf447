-- Moves jobs whose time has come from `rq:scheduled:<queue>` into their queues. A job is taken from
-- there and put here in one step, and only by the scheduler that holds the queue's lock in that very
-- moment: so whoever believes to hold it, no job is enqueued twice.
--
-- An entry that is no job must not stop the others. One whose hash is missing may be a moment older
-- than its hash, as RQ writes the entry first: it is looked at again 2 s later, and its score tells by
-- a half second, which no entry has by itself, that this is the second time. Then it goes.
--
-- ARGV[1]   the scheduler's name
-- ARGV[2]   now, as seconds with a fraction
-- ARGV[3]   now, as RQ's timestamp
-- ARGV[4]   how many entries of each queue it takes at most; for all queues together 100
-- ARGV[5..] the queues
-- Returns for each queue {state, moved, dropped}: state = `ok`, `lost` (another holds the lock) or the
-- error that kept it from doing anything; dropped = list of {id, why}.

local name, now, now_iso, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

-- include shared/rights.lua
-- include shared/slots.lua

local again = string.format('%d.5', math.floor(tonumber(now)) + 2)

-- Returns 'front', 'back' or 'limited' and the fields to write, or nil and why the entry is dropped, or
-- nothing if it is looked at again.
local function judge(queue, id, score)
  local job = redis.pcall('HMGET', 'rq:job:' .. id, 'data', 'status', 'origin', 'timeout', 'ttl',
                          'enqueue_at_front', 'enqueue_at_front_on_retry', 'enqueued_at', 'rate_limit_key',
                          'rate_limit_concurrency')
  if job.err then return nil, 'its key is no hash' end
  if not job[1] then
    if string.sub(score, -2) == '.5' then return nil, 'it was deleted or has expired' end
    return nil
  end
  if job[2] == 'canceled' then return nil, 'it was canceled' end
  local limited = job[9] and job[9] ~= '' and tonumber(job[10] or '')
  local fields = limited and {} or {'status', 'queued', 'enqueued_at', now_iso}
  local function set(field, value)
    fields[#fields + 1] = field
    fields[#fields + 1] = value
  end
  if job[3] ~= queue then set('origin', queue) end
  if not job[4] or job[4] == '' then set('timeout', '180') end  -- Without, RQ's workers die of it.
  -- It was in its queue before: this is a retry.
  local is_retry = job[8] and job[8] ~= ''
  local front = job[6] == '1' or job[7] == '1' and is_retry
  if limited then
    if front then set('enqueue_at_front', '1') end
    return 'limited', fields, tonumber(job[5] or ''), {job[9], job[10]}
  end
  return front and 'front' or 'back', fields, tonumber(job[5] or '')
end

-- A job with a limit waits for a slot. Returns whether it does.
local function let_wait(queue, id, fields, ttl, limit)
  local key = 'rq:job:' .. id
  local refused = missing_slot_right(limit[1], queue)
  if refused then error(refused) end
  if #fields > 0 then redis.call('HSET', key, unpack(fields)) end
  if ttl and ttl > 0 then redis.pcall('EXPIRE', key, ttl) end
  return pcall(wait_for_slot, id, limit[1], limit[2], math.floor(tonumber(now)), now_iso)
end

local function move(queue)
  local scheduled = 'rq:scheduled:' .. queue
  local refused = missing_right('HMGET', 'rq:job:', 'HSET', 'rq:job:', 'EXPIRE', 'rq:job:',
                                'ZADD', scheduled, 'RPUSH', 'rq:queue:' .. queue,
                                'LPUSH', 'rq:queue:' .. queue, 'ZREM', scheduled)
  if refused then error(refused) end
  local entries = redis.call('ZRANGEBYSCORE', scheduled, '-inf', now, 'WITHSCORES', 'LIMIT', 0, most)
  local ids, jobs, dropped, gone = {front = {}, back = {}}, {}, {}, {}
  local limited = 0
  for i = 1, #entries, 2 do
    local id = entries[i]
    local where, fields, ttl, limit = judge(queue, id, entries[i + 1])
    if where == 'limited' then
      if let_wait(queue, id, fields, ttl, limit) then
        redis.call('ZREM', scheduled, id)
        limited = limited + 1
      else
        redis.call('ZADD', scheduled, again, id)
      end
    elseif where then
      table.insert(ids[where], id)
      jobs[#jobs + 1] = {'rq:job:' .. id, fields, ttl}
      gone[#gone + 1] = id
    elseif fields then
      dropped[#dropped + 1] = {id, fields}
      gone[#gone + 1] = id
    else
      redis.call('ZADD', scheduled, again, id)
    end
  end
  -- The push comes first: should the queue be no list, nothing has changed.
  if #ids.back > 0 then redis.call('RPUSH', 'rq:queue:' .. queue, unpack(ids.back)) end
  if #ids.front > 0 then redis.call('LPUSH', 'rq:queue:' .. queue, unpack(ids.front)) end
  for _, job in ipairs(jobs) do
    redis.call('HSET', job[1], unpack(job[2]))
    if job[3] and job[3] > 0 then redis.pcall('EXPIRE', job[1], job[3]) end
  end
  if #gone > 0 then redis.call('ZREM', scheduled, unpack(gone)) end
  return {'ok', #jobs + limited, dropped}
end

local answers = {}
for i = 5, #ARGV do
  if redis.pcall('GET', 'rq:scheduler-lock:' .. ARGV[i]) ~= name then
    answers[#answers + 1] = {'lost', 0, {}}
  else
    local ok, answer = pcall(move, ARGV[i])
    if not ok then answer = {type(answer) == 'table' and answer.err or tostring(answer), 0, {}} end
    answers[#answers + 1] = answer
  end
end
return answers
