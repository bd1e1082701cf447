-- Takes over the runs of a worker whose lease has run out: from here on they belong to the heir,
-- which decides what becomes of them, and the dead worker can write nothing more. What lay in its
-- inbox goes back to the queues. When nothing is left the worker is unregistered.
--
-- Redis may learn late that the dead worker's connections are dead: until then its waits move what
-- arrives into its inbox. So its lease stays, and runs out now and again, as long as its hash
-- exists, which outlives every wait.
--
-- KEYS[1]   the leases, a sorted set
-- KEYS[2]   the set of all workers
-- KEYS[3]   the dead worker's hash
-- KEYS[4]   the dead worker's executions, a set
-- KEYS[5]   the dead worker's inbox, a list
-- KEYS[6]   the heir's executions, a set
-- ARGV[1]   now, as RQ's timestamp
-- ARGV[2]   now, as whole seconds
-- ARGV[3]   seconds after which a run counts as abandoned, unless it is renewed
-- ARGV[4]   seconds that a worker's lease lasts
-- ARGV[5]   the dead worker
-- ARGV[6..] execution ids for the runs that are taken over
-- Returns {runs, more, news}: runs = list of {id, execution, queue, {name, value, ...}, begun};
-- begun = 0 if the dead worker had only taken the job ahead; more = 1 if there is more to take over
-- at once; news = 1 if nobody had found it dead before.

local now_iso, now, abandoned_after = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease, dead = tonumber(ARGV[4]), ARGV[5]

local time = redis.call('TIME')
local clock = tonumber(time[1]) + tonumber(time[2]) / 1000000
local ends = redis.call('ZSCORE', KEYS[1], dead)
-- It lives after all, or another heir was first.
if not ends or tonumber(ends) > clock then return {{}, 0, 0} end
-- Should this heir die as well, the next one finds the rest.
redis.call('ZADD', KEYS[1], clock + lease, dead)

local stranded = redis.pcall('LPOP', KEYS[5], 100) or {}  -- An error, if it is no list, has no items.
for i = #stranded, 1, -1 do
  local origin = redis.pcall('HGET', 'rq:job:' .. stranded[i], 'origin')
  if type(origin) == 'string' then redis.pcall('LPUSH', 'rq:queue:' .. origin, stranded[i]) end
end

-- include shared/read_job.lua

local ahead = redis.pcall('HGET', KEYS[3], 'rqpp_ahead')
if type(ahead) ~= 'string' then ahead = '' end
local runs = {}
local function take_over(id, execution)
  local fields = read_job(id)
  if fields.err then return end
  redis.call('DEL', 'rq:execution:' .. id .. ':' .. execution)
  redis.call('ZREM', 'rq:executions:' .. id, execution)
  local origin = value_of(fields, 'origin')
  if not value_of(fields, 'data') or not origin then return end
  if redis.call('ZREM', 'rq:wip:' .. origin, id .. ':' .. execution) == 0 then return end
  local new = ARGV[6 + #runs]
  redis.call('ZADD', 'rq:wip:' .. origin, now + abandoned_after, id .. ':' .. new)
  redis.call('SADD', KEYS[6], id .. ':' .. new)
  runs[#runs + 1] = {id, new, origin, fields, string.find(ahead, execution, 1, true) and 0 or 1}
end

for _, member in ipairs(redis.pcall('SRANDMEMBER', KEYS[4], #ARGV - 5)) do
  redis.call('SREM', KEYS[4], member)
  local id, execution = string.match(member, '^(.*):([^:]*)$')
  -- A key of one job that is of a wrong type must not keep the others.
  if id then pcall(take_over, id, execution) end
end
local function is_left(count) return type(count) == 'number' and count > 0 end
if is_left(redis.pcall('SCARD', KEYS[4])) or is_left(redis.pcall('LLEN', KEYS[5])) then
  -- At once again, and by the same heir.
  redis.call('ZADD', KEYS[1], clock, dead)
  return {runs, 1, 0}
end

redis.call('SREM', KEYS[2], KEYS[3])
local news = redis.call('EXISTS', KEYS[3]) == 1 and redis.pcall('HSETNX', KEYS[3], 'death', now_iso)
if news == 1 then
  for queue in string.gmatch(redis.call('HGET', KEYS[3], 'queues') or '', '[^,]+') do
    redis.call('SREM', 'rq:workers:' .. queue, KEYS[3])
  end
  -- Should it live, its next heartbeat finds the last one missing, and it is born again.
  redis.call('HDEL', KEYS[3], 'current_job', 'current_job_working_time', 'last_heartbeat')
end
if redis.call('TTL', KEYS[3]) < 0 then
  redis.call('ZREM', KEYS[1], dead)
else
  redis.call('ZADD', KEYS[1], clock + 3 * lease, dead)
end
return {runs, 0, news == 1 and 1 or 0}
