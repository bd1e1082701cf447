-- Ends one run of a job: its execution goes, its outcome is kept, and the job ends or runs again. Only
-- the execution that still holds the job may do so; one that lost it (abandoned, canceled, deleted)
-- changes nothing.
--
-- KEYS[1]   the worker's runs, a sorted set (shared/own.lua)
-- KEYS[2]   the worker's executions as RQ lists them, a set
-- KEYS[3]   a key that exists within this script only
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
-- ARGV[10]  the job's `created_at` when the run began (shared/same_job.lua)
-- ARGV[11]  the key of its concurrency limit, or empty
-- ARGV[12]  the number n of words that follow
-- ARGV[13..12+n]  fields and values that change in the job's hash besides
-- ARGV[13+n..]    fields and values of the entry in the stream of results
-- Returns {settled, cursor, ids}: settled = 0 if the execution had lost the job, 1 too if it ended the
-- job when this was sent before. With a cursor other jobs wait for this one: a page of them, to be told;
-- the job is noted until they have been.

local id, execution, origin = ARGV[1], ARGV[2], ARGV[3]
local status, now_iso, now, ttl = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/still_holds.lua
-- include shared/give_up_run.lua
-- include shared/same_job.lua

local job_key, results_key = 'rq:job:' .. id, 'rq:results:' .. id
local waiting = {'rq:job:' .. id .. ':dependents', 'rq:job::' .. id .. ':dependencies'}

local runs_as_shown, again = ARGV[8] == '1', ARGV[9]
local ends = again == ''
local pushed = again == 'LPUSH' or again == 'RPUSH'

-- Returns the error of what this end needs and may not do.
local function missing()
  local registry = (status == 'finished' and 'rq:finished:' or 'rq:failed:') .. origin
  return missing_right_to_give_up(KEYS[1], KEYS[2], id, origin, runs_as_shown) or
         missing_right('HSET', job_key, 'SSCAN', waiting[1], 'ZADD', 'rqpp:releases', 'DEL', results_key) or
         -- EXPIRE says whether others wait for a job that ends and is kept for a while.
         ttl > 0 and missing_right('EXPIRE', results_key) or
         ttl < 0 and missing_right('PERSIST', results_key) or
         (not ends or ttl <= 0) and missing_right('HGET', job_key, 'EXISTS', job_key, 'PERSIST', job_key, 'EXPIRE', job_key) or
         ttl ~= 0 and missing_right('COPY', KEYS[3], 'XADD', results_key, 'ZADD', registry) or
         pushed and missing_right(again, 'rq:queue:' .. origin) or
         not ends and not pushed and missing_right('ZADD', 'rq:scheduled:' .. origin)
end

local job = redis.pcall('HMGET', job_key, 'data', 'status', 'ttl', 'dependency_ids', 'created_at')
local depends = job[4] and job[4] ~= ''
local limit = ARGV[11] ~= '' and ARGV[11]
local refused = missing() or limit and missing_slot_right(limit, origin)
if refused then return refused end

if job.err and is_refusal(job) then return job end

local held, shown, known = give_up_run(KEYS[1], KEYS[2], id, execution, origin, runs_as_shown)
if job.err then return job end  -- It is no hash.
held = held and is_same_job(ARGV[10], job[5])

local function answer(dependents)
  if dependents == 0 then return {1} end
  redis.call('ZADD', 'rqpp:releases', now, id)
  local page = redis.call('SSCAN', waiting[1], 0, 'COUNT', 100)
  return {1, page[1], page[2]}
end

local entry = 13 + tonumber(ARGV[12])

-- Whether this run has ended its job already. The answer was lost then, and the worker that asks again
-- has not told anybody.
local function has_ended_it()
  if known then return false end
  if ttl == 0 and ends then return redis.call('EXISTS', job_key) == 0 end
  if ttl == 0 then  -- The job runs again and keeps no result.
    local ended = redis.pcall('HGET', job_key, 'ended_at')
    for i = 13, entry - 2, 2 do
      if ARGV[i] == 'ended_at' then return ended == ARGV[i + 1] end
    end
    return false
  end
  local results = redis.pcall('XREVRANGE', results_key, '+', '-', 'COUNT', 10)
  if results.err and is_refusal(results) then error(results) end
  for _, result in ipairs(results) do
    for i = 1, #result[2], 2 do
      if result[2][i] == 'execution_id' and result[2][i + 1] == execution then return true end
    end
  end
  return false
end

-- A job that only tries once more keeps those waiting.
local function tell()
  if not ends and status ~= 'finished' then return {1} end
  return answer(redis.call('EXISTS', waiting[1]))
end

if not held and has_ended_it() then return tell() end
-- RQ's cancel takes the job from a run that it can see. (That of RQ 1 sees none: it comes too late.)
if not held or not job[1] or not shown and job[2] == 'canceled' then
  if limit then leave_slot_of_lost(id, job[2], limit, now, now_iso) end
  return {0}
end

-- A job that runs again at once keeps its slot.
if limit and not pushed then leave_slot(id, limit, now, now_iso) end
if ends and ttl == 0 then
  redis.call('DEL', job_key, results_key, waiting[2])
  return answer(redis.call('EXISTS', waiting[1]))
end

if ends then
  redis.call('HSET', job_key, 'status', status, 'ended_at', now_iso, unpack(ARGV, 13, entry - 1))
else
  redis.call('HSET', job_key, 'status', pushed and 'queued' or 'scheduled',
             unpack(ARGV, 13, entry - 1))
end

if ttl ~= 0 then
  -- A new stream has 4 KiB allocated for what is to come; a copy has what it needs, an eighth.
  redis.call('XADD', KEYS[3], '*', unpack(ARGV, entry))
  local first = redis.call('COPY', KEYS[3], results_key) == 1
  redis.call('DEL', KEYS[3])
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
  if depends then redis.call('EXPIRE', waiting[2], ttl) end
  return answer(redis.call('EXPIRE', waiting[1], ttl))
end
return tell()
