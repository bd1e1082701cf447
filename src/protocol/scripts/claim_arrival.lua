-- Takes the job that a wait has moved into the inbox, as claim.lua does, for a worker with a horse to
-- spare. It stands behind that wait on the same connection, so Redis runs it in the moment in which the
-- job arrives. Only ordinary jobs are taken: all others stay in the inbox, for claim.lua to judge. Where
-- the connection is that of an earlier session, the id goes back to its queue at once.
--
-- KEYS[1]  the worker's hash
-- KEYS[2]  the worker's inbox
-- KEYS[3]  the worker's runs, a sorted set (shared/own.lua)
-- ARGV[1]  the queue that is waited on
-- ARGV[2]  an execution id
-- ARGV[3]  the worker's session
-- ARGV[4]  up to which claim prefetched jobs have begun, as a score
-- ARGV[5]  the number of this claim
-- Returns {id, execution, queue, {name, value, ...}, 0, 0}, as claim.lua does of a prefetched job; an
-- empty list if it took none.

-- include shared/read_job.lua
-- include shared/own.lua

-- include shared/rights.lua
local queue = 'rq:queue:' .. ARGV[1]
local refused = missing_right('HSCAN', 'rq:job:', 'HMGET', 'rq:job:', 'ZADD', KEYS[3], 'ZREM', KEYS[3], 'LPUSH',
                              KEYS[2], 'LPUSH', queue, 'HSET', KEYS[1])
if refused then
  -- Other workers may take it.
  if missing_right('LPOP', KEYS[2], 'LPUSH', queue) then return refused end
  local id = redis.call('LPOP', KEYS[2])
  if id then redis.call('LPUSH', queue, id) end
  return refused
end

local id = redis.call('LPOP', KEYS[2])
if not id then return {} end

local function is_ordinary(fields)
  if fields.err or not value_of(fields, 'data') or value_of(fields, 'status') == 'canceled' then return false end
  return not value_of(fields, 'rqpp_rate_limit') and not value_of(fields, 'rate_limit_key')
end

local fields = read_job(id)
local ordinary = is_ordinary(fields)
local runs = ordinary and {ARGV[5] .. stamp_of(value_of(fields, 'created_at')), id .. ':' .. ARGV[2]} or {}
local owned = own(KEYS[3], ARGV[3], ARGV[4], runs)
if ordinary and owned == 1 then
  redis.pcall('HSET', KEYS[1], 'state', 'busy', 'current_job', id, 'current_job_working_time', '0')
  return {id, ARGV[2], value_of(fields, 'origin') or ARGV[1], fields, 0, 0}
end
redis.call('LPUSH', owned == 0 and queue or KEYS[2], id)
return {}
