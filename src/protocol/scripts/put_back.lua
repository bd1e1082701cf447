-- Ends a run of a job that shall run again: the job goes back into its queue, or waits for a later
-- time. Only the execution that holds the job may do so.
--
-- KEYS[1]   the worker's executions, a set
-- ARGV[1]   job id
-- ARGV[2]   execution id
-- ARGV[3]   the job's queue
-- ARGV[4]   LPUSH or RPUSH: to the front or to the back of the queue
-- ARGV[5]   when it is due, in whole seconds; empty: now
-- ARGV[6]   now, as whole seconds
-- ARGV[7]   now, as RQ's timestamp
-- ARGV[8..] fields and values that change in the job's hash
-- Returns 1; 0 if the execution had lost the job.

local id, execution, origin, push, due = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

-- include shared/slots.lua

local job_key, member = 'rq:job:' .. id, id .. ':' .. execution

local held = redis.call('ZREM', 'rq:wip:' .. origin, member)
redis.call('DEL', 'rq:execution:' .. id .. ':' .. execution)
redis.call('ZREM', 'rq:executions:' .. id, execution)
redis.call('SREM', KEYS[1], member)
local values = redis.call('HMGET', job_key, 'data', 'ttl', 'status', 'rate_limit_key')
local canceled, limit = values[3] == 'canceled', values[4] and values[4] ~= '' and values[4]
-- A job that goes back into its queue keeps its slot. Who cancels one that runs leaves it to the run.
if limit and (canceled or held == 1 and due ~= '') then leave_slot(id, limit, ARGV[6], ARGV[7]) end
if held == 0 or not values[1] or canceled then return 0 end

redis.call('HSET', job_key, 'status', due == '' and 'queued' or 'scheduled', 'worker_name', '',
           'started_at', '', unpack(ARGV, 8))
-- The claim has taken it away.
local ttl = tonumber(values[2] or '')
if ttl and ttl > 0 then redis.pcall('EXPIRE', job_key, ttl) end
if due == '' then
  redis.call(push, 'rq:queue:' .. origin, id)
else
  redis.call('ZADD', 'rq:scheduled:' .. origin, due, id)
end
return 1
