-- Puts a job back that a worker of RQ took out of its queue and did not start, if it is still so.
--
-- KEYS[1]   RQ's intermediate list of the queue
-- KEYS[2]   the queue, a list
-- KEYS[3]   the queue's running jobs, a sorted set
-- KEYS[4]   the job, a hash
-- KEYS[5]   the job's executions, a sorted set
-- ARGV[1]   job id
-- ARGV[2]   it is stuck if it was queued before, RQ's timestamp
-- Returns 1; 0 if it is otherwise by now, and nothing was done.

local id = ARGV[1]
local job = redis.call('HMGET', KEYS[4], 'status', 'enqueued_at')
if job[1] ~= 'queued' or (job[2] or '') > ARGV[2] then return 0 end
if redis.call('EXISTS', KEYS[5]) == 1 or redis.call('ZSCORE', KEYS[3], id) then return 0 end
if redis.call('LREM', KEYS[1], 1, id) == 0 then return 0 end
redis.call('DEL', KEYS[1] .. ':first_seen:' .. id)
redis.call('LPUSH', KEYS[2], id)
return 1
