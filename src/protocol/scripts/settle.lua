-- Ends one run of a job: its execution goes, its outcome is kept. Only the execution that still
-- holds the job may do so; one that lost it (abandoned, canceled, deleted) changes nothing.
--
-- KEYS[1]   the worker's executions, a set
-- ARGV[1]   job id
-- ARGV[2]   execution id
-- ARGV[3]   the job's queue
-- ARGV[4]   the status that the job gets: finished, failed or stopped
-- ARGV[5]   now, as RQ's timestamp
-- ARGV[6]   now, as whole seconds
-- ARGV[7]   ttl in seconds of the job and its result: -1 keeps them, 0 deletes them at once
-- ARGV[8]   1 if the execution was shown to observers, 0 if it has no keys of its own
-- ARGV[9..] fields and values of the entry in the stream of results
-- Returns {settled, cursor, ids}: settled = 0 if the execution had lost the job. With a cursor other
-- jobs wait for this one: a page of them, to be told; the job is noted until they have been.

local id, execution, origin = ARGV[1], ARGV[2], ARGV[3]
local status, now_iso, now, ttl = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local member = id .. ':' .. execution
local job_key, results_key = 'rq:job:' .. id, 'rq:results:' .. id
local waiting = {'rq:job:' .. id .. ':dependents', 'rq:job::' .. id .. ':dependencies'}

local held = redis.call('ZREM', 'rq:wip:' .. origin, member)
local shown = ARGV[8] == '1'
if shown then
  redis.call('DEL', 'rq:execution:' .. id .. ':' .. execution)
  redis.call('ZREM', 'rq:executions:' .. id, execution)
end
redis.call('SREM', KEYS[1], member)
if held == 0 then return {0} end
local job = redis.call('HMGET', job_key, 'data', 'status')
if not job[1] then return {0} end
-- RQ's cancel takes the job from a run that it can see. (That of RQ 1 sees none: it comes too late.)
if not shown and job[2] == 'canceled' then return {0} end

local function answer(dependents)
  if dependents == 0 then return {1} end
  redis.call('ZADD', 'rqpp:releases', now, id)
  local page = redis.call('SSCAN', waiting[1], 0, 'COUNT', 100)
  return {1, page[1], page[2]}
end

if ttl == 0 then
  redis.call('DEL', job_key, results_key, waiting[2])
  return answer(redis.call('EXISTS', waiting[1]))
end

redis.call('HSET', job_key, 'status', status, 'ended_at', now_iso)
if redis.pcall('XADD', results_key, 'MAXLEN', '~', 10, '*', unpack(ARGV, 9)).err then
  redis.call('DEL', results_key)  -- It was no stream.
  redis.call('XADD', results_key, '*', unpack(ARGV, 9))
end
local registry = (status == 'finished' and 'rq:finished:' or 'rq:failed:') .. origin
local dependents, forgotten
if ttl > 0 then
  forgotten = now + ttl
  redis.call('EXPIRE', job_key, ttl)
  redis.call('EXPIRE', results_key, ttl)
  redis.call('EXPIRE', waiting[2], ttl)
  dependents = redis.call('EXPIRE', waiting[1], ttl)
else
  -- RQ keeps for ever with +inf in `finished`, but with -1 in `failed`.
  forgotten = status == 'finished' and '+inf' or '-1'
  redis.call('PERSIST', results_key)
  dependents = redis.call('EXISTS', waiting[1])
end
redis.call('ZADD', registry, forgotten, id)
return answer(dependents)
