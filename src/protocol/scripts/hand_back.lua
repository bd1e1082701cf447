-- Puts a job that was claimed back to the front of its queue, as if nobody had taken it. Only the
-- execution that holds the job may do so.
--
-- KEYS[1]   the worker's executions, a set
-- ARGV[1]   job id
-- ARGV[2]   execution id
-- ARGV[3]   the job's queue
-- Returns 1; 0 if the execution had lost the job.

local id, execution, origin = ARGV[1], ARGV[2], ARGV[3]
local job_key, member = 'rq:job:' .. id, id .. ':' .. execution

local held = redis.call('ZREM', 'rq:wip:' .. origin, member)
redis.call('DEL', 'rq:execution:' .. id .. ':' .. execution)
redis.call('ZREM', 'rq:executions:' .. id, execution)
redis.call('SREM', KEYS[1], member)
if held == 0 then return 0 end
local values = redis.call('HMGET', job_key, 'data', 'ttl')
if not values[1] then return 0 end

redis.call('HSET', job_key, 'status', 'queued', 'started_at', '', 'worker_name', '')
-- The claim has taken it away.
local ttl = tonumber(values[2] or '')
if ttl and ttl > 0 then redis.pcall('EXPIRE', job_key, ttl) end
redis.call('LPUSH', 'rq:queue:' .. origin, id)
return 1
