-- Deletes a job, its results and its place in queue and registry.
--
-- KEYS[1]   the job's hash
-- ARGV[1]   job id
-- ARGV[2]   now, as whole seconds
-- ARGV[3]   now, as RQ's timestamp
-- Returns 1, or 0 if there is no such job.

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/delete.lua

local id, job = ARGV[1], read_for_delete(ARGV[1])
if not job[1] then return 0 end
local origin = job[3] or ''
local refused = missing_delete_right(id, job) or
                missing_right('UNLINK', KEYS[1], 'UNLINK', 'rq:results:' .. id, 'UNLINK', 'rq:executions:' .. id)
if refused then return refused end

leave_place(id, job[2], origin, job[4])
leave_runs(id, origin, job[5])
leave_others(id, job, ARGV[2], ARGV[3])
unlink_job(id, job, 'rq:job:' .. id .. ':dependents')
return 1
