-- Ends one run of a job: its execution goes, its outcome is kept, and the job ends or runs again. Only
-- the execution that still holds the job may do so; one that lost it (abandoned, canceled, deleted)
-- changes nothing.
--
-- KEYS[1]   the worker's executions, a set
-- KEYS[2]   a key that exists within this script only
-- ARGV[1]   job id
-- ARGV[2]   execution id
-- ARGV[3]   the job's queue
-- ARGV[4]   how the run ended: finished, failed or stopped; the job's status, if it ends with it
-- ARGV[5]   now, as RQ's timestamp
-- ARGV[6]   now, as whole seconds
-- ARGV[7]   ttl in seconds of the job and its result: -1 keeps them, 0 deletes them at once
-- ARGV[8]   1 if the execution was shown to observers, 0 if it has no keys of its own
-- ARGV[9]   empty if the job ends. If it runs again: LPUSH or RPUSH, to the front or to the back of
--           its queue, or when it is due, in whole seconds
-- ARGV[10]  the number n of words that follow
-- ARGV[11..10+n]  fields and values that change in the job's hash besides
-- ARGV[11+n..]    fields and values of the entry in the stream of results
-- Returns {settled, cursor, ids}: settled = 0 if the execution had lost the job. With a cursor other
-- jobs wait for this one: a page of them, to be told; the job is noted until they have been.

local id, execution, origin = ARGV[1], ARGV[2], ARGV[3]
local status, now_iso, now, ttl = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local member = id .. ':' .. execution

-- include shared/slots.lua

local job_key, results_key = 'rq:job:' .. id, 'rq:results:' .. id
local waiting = {'rq:job:' .. id .. ':dependents', 'rq:job::' .. id .. ':dependencies'}

local held = redis.call('ZREM', 'rq:wip:' .. origin, member)
local shown = ARGV[8] == '1'
if shown then
  redis.call('DEL', 'rq:execution:' .. id .. ':' .. execution)
  redis.call('ZREM', 'rq:executions:' .. id, execution)
end
redis.call('SREM', KEYS[1], member)
local job = redis.call('HMGET', job_key, 'data', 'status', 'ttl', 'rate_limit_key')
local limit = job[4] and job[4] ~= '' and job[4]
-- RQ's cancel takes the job from a run that it can see. (That of RQ 1 sees none: it comes too late.)
if held == 0 or not job[1] or not shown and job[2] == 'canceled' then
  -- Who canceled it left the slot to the run.
  if limit and job[2] == 'canceled' then leave_slot(id, limit, now, now_iso) end
  return {0}
end

local function answer(dependents)
  if dependents == 0 then return {1} end
  redis.call('ZADD', 'rqpp:releases', now, id)
  local page = redis.call('SSCAN', waiting[1], 0, 'COUNT', 100)
  return {1, page[1], page[2]}
end

local again, entry = ARGV[9], 11 + tonumber(ARGV[10])
local ends = again == ''
local pushed = again == 'LPUSH' or again == 'RPUSH'
-- A job that runs again at once keeps its slot.
if limit and not pushed then leave_slot(id, limit, now, now_iso) end
if ends and ttl == 0 then
  redis.call('DEL', job_key, results_key, waiting[2])
  return answer(redis.call('EXISTS', waiting[1]))
end

if ends then
  redis.call('HSET', job_key, 'status', status, 'ended_at', now_iso, unpack(ARGV, 11, entry - 1))
else
  redis.call('HSET', job_key, 'status', pushed and 'queued' or 'scheduled',
             unpack(ARGV, 11, entry - 1))
end

if ttl ~= 0 then
  -- A new stream has 4 KiB allocated for what is to come; a copy has what it needs, an eighth.
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, entry))
  local first = redis.call('COPY', KEYS[2], results_key) == 1
  redis.call('DEL', KEYS[2])
  if not first and redis.pcall('XADD', results_key, 'MAXLEN', '~', 10, '*', unpack(ARGV, entry)).err then
    redis.call('DEL', results_key)  -- It was no stream.
    redis.call('XADD', results_key, '*', unpack(ARGV, entry))
  end
  if ttl > 0 then redis.call('EXPIRE', results_key, ttl) else redis.call('PERSIST', results_key) end
  -- RQ keeps for ever with +inf in `finished`, but with -1 in `failed`.
  if status == 'finished' then
    redis.call('ZADD', 'rq:finished:' .. origin, ttl > 0 and now + ttl or '+inf', id)
  elseif ends then
    redis.call('ZADD', 'rq:failed:' .. origin, ttl > 0 and now + ttl or '-1', id)
  end
end

-- Whoever shows a run takes the time to live of its job away.
if not shown and (not ends or ttl < 0) then redis.call('PERSIST', job_key) end
if not ends then
  local waits = tonumber(job[3] or '')
  if waits and waits > 0 then redis.pcall('EXPIRE', job_key, waits) end
  if pushed then
    redis.call(again, 'rq:queue:' .. origin, id)
  else
    redis.call('ZADD', 'rq:scheduled:' .. origin, again, id)
  end
elseif ttl > 0 then
  redis.call('EXPIRE', job_key, ttl)
  redis.call('EXPIRE', waiting[2], ttl)
  return answer(redis.call('EXPIRE', waiting[1], ttl))
end
-- A job that only tries once more keeps those waiting.
if not ends and status ~= 'finished' then return {1} end
return answer(redis.call('EXISTS', waiting[1]))
