-- Ends a run of a job that shall run again: the job goes back into its queue, or waits for a later
-- time. Only the execution that holds the job may do so.
--
-- KEYS[1]   the worker's runs, a sorted set (shared/own.lua)
-- KEYS[2]   the worker's executions as RQ lists them, a set
-- ARGV[1]   job id
-- ARGV[2]   execution id
-- ARGV[3]   the job's queue
-- ARGV[4]   LPUSH or RPUSH: to the front or to the back of the queue
-- ARGV[5]   when it is due, in whole seconds; empty: now
-- ARGV[6]   now, as whole seconds
-- ARGV[7]   now, as RQ's timestamp
-- ARGV[8]   1 if the execution was shown to observers, 0 if it has no keys of its own
-- ARGV[9]   the job's `created_at` when the run began (shared/same_job.lua)
-- ARGV[10]  the key of its concurrency limit, or empty
-- ARGV[11..] fields and values that change in the job's hash
-- Returns 1, also if this was done when it was sent before, as far as the job's `ended_at` tells; 0 if the
-- execution had lost the job.

local id, execution, origin, push, due = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/still_holds.lua
-- include shared/give_up_run.lua
-- include shared/same_job.lua

local job_key, queue, shown = 'rq:job:' .. id, 'rq:queue:' .. origin, ARGV[8] == '1'
local values = redis.pcall('HMGET', job_key, 'data', 'ttl', 'status', 'created_at', 'ended_at')
local limit = ARGV[10] ~= '' and ARGV[10]
local refused = missing_right_to_give_up(KEYS[1], KEYS[2], id, origin, shown) or
                missing_right('HMGET', job_key, 'HSET', job_key, 'EXPIRE', job_key) or
                (due == '' and missing_right(push, queue) or
                 due ~= '' and missing_right('ZADD', 'rq:scheduled:' .. origin)) or
                limit and missing_slot_right(limit, origin)
if refused then return refused end

-- The answer was lost then; nothing is left to do.
local function was_put_back()
  local status = due == '' and 'queued' or 'scheduled'
  return values[3] == status and ARGV[11] == 'ended_at' and values[5] == ARGV[12]
end

local held, _, known = give_up_run(KEYS[1], KEYS[2], id, execution, origin, shown)
if values.err then return values end  -- It is no hash.
if not held or not values[1] or values[3] == 'canceled' or not is_same_job(ARGV[9], values[4]) then
  if not known and values[1] and was_put_back() then return 1 end
  if limit then leave_slot_of_lost(id, values[3], limit, ARGV[6], ARGV[7]) end
  return 0
end
-- A job that goes back into its queue keeps its slot.
if limit and due ~= '' then leave_slot(id, limit, ARGV[6], ARGV[7]) end

redis.call('HSET', job_key, 'status', due == '' and 'queued' or 'scheduled', 'worker_name', '',
           'started_at', '', unpack(ARGV, 11))
-- The claim has taken it away.
local ttl = tonumber(values[2] or '')
if ttl and ttl > 0 then redis.pcall('EXPIRE', job_key, ttl) end
if due == '' then
  redis.call(push, queue, id)
else
  redis.call('ZADD', 'rq:scheduled:' .. origin, due, id)
end
return 1
