-- Takes the job that a wait has moved into the inbox, as claim.lua does, for a worker with a horse to
-- spare. It stands behind that wait on the same connection, so Redis runs it in the moment in which the
-- job arrives. Only ordinary jobs are taken: all others stay in the inbox, for claim.lua to judge.
--
-- KEYS[1]  the worker's hash
-- KEYS[2]  the worker's executions, a set
-- KEYS[3]  the worker's inbox
-- ARGV[1]  the queue that is waited on
-- ARGV[2]  when the run counts as abandoned, unless it is renewed, as whole seconds
-- ARGV[3]  an execution id
-- Returns {id, execution, queue, {name, value, ...}, 0}, as claim.lua does of a job that it takes ahead;
-- an empty list if it took none.

-- include shared/read_job.lua

local id = redis.call('LPOP', KEYS[3])
if not id then return {} end

local function is_ordinary(fields)
  if fields.err or string.find(id, ':', 1, true) then return false end
  if not value_of(fields, 'data') or value_of(fields, 'status') == 'canceled' then return false end
  return not value_of(fields, 'rqpp_rate_limit') and not value_of(fields, 'rate_limit_key')
end

-- Returns whether the job is this worker's now.
local function own(origin)
  local member = id .. ':' .. ARGV[3]
  -- Where the hash was not there, others have buried this worker.
  if redis.call('HSET', KEYS[1], 'state', 'busy', 'current_job', id, 'current_job_working_time', '0',
                'rqpp_ahead', ARGV[3]) == 4 then
    redis.call('DEL', KEYS[1])
    return false
  end
  local added = redis.pcall('ZADD', 'rq:wip:' .. origin, ARGV[2], member)
  if type(added) == 'table' then return false end
  redis.call('SADD', KEYS[2], member)
  return true
end

local fields = read_job(id)
if is_ordinary(fields) then
  local origin = value_of(fields, 'origin') or ARGV[1]
  local ok, owned = pcall(own, origin)
  if ok and owned then return {id, ARGV[3], origin, fields, 0} end
end
redis.call('LPUSH', KEYS[3], id)
return {}
