-- Writes a job under an id that its producer has named: a new job, whatever had that id before. What was
-- there goes as if it had been deleted, but for the jobs that wait for this id: they wait on.
--
-- KEYS[1]   the job's hash
-- KEYS[2]   where its id is put in the same step: the queue, a list, or the scheduled jobs, a sorted set;
--           absent: it is put somewhere by what follows
-- ARGV[1]   job id
-- ARGV[2]   now, as whole seconds
-- ARGV[3]   now, as RQ's timestamp
-- ARGV[4]   seconds for which the job may wait, or empty
-- ARGV[5]   LPUSH or RPUSH: to the front or to the back of the queue; or ZADD; or empty
-- ARGV[6]   when it is due, in whole seconds, or empty
-- ARGV[7]   the count of the sender's writes, a key, if this counts once; else empty
-- ARGV[8]   the number of this write: nothing is done if it was executed before
-- ARGV[9]   1 if it counts as executed from now on, 0 if what follows says so
-- ARGV[10..] fields and values of the job's hash
-- Returns 1, or 0 if nothing was done.

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/delete.lua
-- include shared/once.lua

local id, now, now_iso, ttl, push, due = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local old = read_for_delete(id)
local refused = missing_delete_right(id, old) or
                missing_right('UNLINK', KEYS[1], 'UNLINK', 'rq:results:' .. id, 'UNLINK', 'rq:executions:' .. id,
                              'PERSIST', KEYS[1], 'HSET', KEYS[1], 'EXPIRE', KEYS[1]) or
                push ~= '' and missing_right(push, KEYS[2]) or
                ARGV[7] ~= '' and missing_right('GET', ARGV[7], 'SET', ARGV[7])
if refused then return refused end

if ARGV[7] ~= '' then
  if ARGV[9] == '1' then
    if was_executed(ARGV[7], ARGV[8]) then return 0 end
  elseif tonumber(ARGV[8]) <= tonumber(redis.call('GET', ARGV[7]) or '0') then
    return 0
  end
end

if old[1] then
  leave_place(id, old[2], old[3] or '', old[4])
  leave_runs(id, old[3] or '', old[5])
  leave_others(id, old, now, now_iso)
end
unlink_job(id, old)
-- They may have expired with the old job.
redis.call('PERSIST', 'rq:job:' .. id .. ':dependents')

-- The push comes first: should its key be of a wrong type, no new job is left behind.
if push == 'ZADD' then
  redis.call('ZADD', KEYS[2], due, id)
elseif push ~= '' then
  redis.call(push, KEYS[2], id)
end
redis.call('HSET', KEYS[1], unpack(ARGV, 10))
if old[8] == '1' then redis.call('HSET', KEYS[1], 'rqpp_tell_stop', '1') end
if ttl ~= '' then redis.call('EXPIRE', KEYS[1], ttl) end
return 1
