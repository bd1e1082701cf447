-- Deletes a job that stands in a registry, with all that belongs to it, and its entry there.
--
-- KEYS[1]   the registry, a sorted set
-- ARGV[1]   job id
-- ARGV[2]   the status that jobs of this registry have
-- Returns 1; 0 if only the entry was left: the job is gone or elsewhere; -1 if there is no such entry.

local id = ARGV[1]
local key = 'rq:job:' .. id
if redis.call('ZREM', KEYS[1], id) == 0 then return -1 end
local job = redis.pcall('HMGET', key, 'status', 'group_id')
if job.err or not job[1] then return 0 end
if job[1] ~= ARGV[2] and not (ARGV[2] == 'failed' and job[1] == 'stopped') then return 0 end
if job[2] and job[2] ~= '' then redis.pcall('SREM', 'rq:group:' .. job[2], id) end
redis.call('UNLINK', key, 'rq:results:' .. id, 'rq:executions:' .. id,
           'rq:job:' .. id .. ':dependents', 'rq:job::' .. id .. ':dependencies')
return 1
