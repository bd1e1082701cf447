-- Deletes a job that stands in a registry, with all that belongs to it, and its entry there.
--
-- KEYS[1]   the registry, a sorted set
-- ARGV[1]   job id
-- ARGV[2]   the status that jobs of this registry have
-- ARGV[3]   now, as whole seconds
-- ARGV[4]   now, as RQ's timestamp
-- Returns 1; 0 if only the entry was left: the job is gone or elsewhere; -1 if there is no such entry.

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/delete.lua

local id = ARGV[1]
local job = read_for_delete(id)
local refused = missing_delete_right(id, job) or
                missing_right('UNLINK', 'rq:job:' .. id, 'UNLINK', 'rq:results:' .. id, 'UNLINK',
                              'rq:executions:' .. id)
if refused then return refused end

if redis.call('ZREM', KEYS[1], id) == 0 then return -1 end
local status = job[2]
if status ~= ARGV[2] and not (ARGV[2] == 'failed' and status == 'stopped') then return 0 end
if is_set(job[4]) then redis.pcall('ZREM', 'rq:finished:' .. (job[3] or ''), id) end
leave_others(id, job, ARGV[3], ARGV[4])
unlink_job(id, job, 'rq:job:' .. id .. ':dependents')
return 1
