-- Tells jobs that one of those that they wait for has ended. Those that need not wait any longer go
-- into their queues; whoever takes a job out of the registry of deferred jobs queues it, so racing
-- workers do it once.
--
-- A dependency that is met is taken out of both sets, the child's and the parent's, so each is looked
-- at once, and where all workers do so an empty set is all that has to be seen.
--
-- KEYS[1]   the jobs whose dependents are still to be told, a sorted set
-- ARGV[1]   the job that has ended, or empty: just look whether these jobs still have to wait
-- ARGV[2]   the status with which it has ended, or empty: as its hash says
-- ARGV[3]   1 if these are the last of its dependents: then they have all been told
-- ARGV[4]   now, as RQ's timestamp
-- ARGV[5]   now, as whole seconds
-- ARGV[6..] ids of jobs that wait, at most 100
-- Returns for each of them: 1 it was queued, 0 it was not, 2 ask again (100 dependencies were looked
-- at), -1 there is no such job.

local parent, ended_as, last, now_iso, now = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4], ARGV[5]
local looked_at, statuses = 0, {}

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/arguments.lua

local refused = missing_right('XREVRANGE', 'rq:results:', 'HGET', 'rq:job:', 'HMGET', 'rq:job:', 'SRANDMEMBER',
                              'rq:job:', 'SCARD', 'rq:job:', 'SREM', 'rq:job:', 'ZREM', 'rq:deferred:', 'ZADD',
                              'rq:deferred:', 'LPUSH', 'rq:queue:', 'RPUSH', 'rq:queue:', 'HSET', 'rq:job:',
                              'EXPIRE', 'rq:job:', 'ZREM', KEYS[1])
if refused then return refused end

-- The status of a job; nothing if there is no such job.
local function status_of(id)
  if statuses[id] == nil then
    local status = redis.pcall('HGET', 'rq:job:' .. id, 'status')
    statuses[id] = type(status) == 'string' and status
  end
  return statuses[id]
end

local function will_do(status, child)
  return not status or status == 'finished' or (status == 'failed' and child.failed_will_do) or
         ((status == 'stopped' or status == 'canceled') and child.stopped_will_do)
end

local function read(id)
  local values = redis.pcall('HMGET', 'rq:job:' .. id, 'data', 'status', 'origin', 'ttl',
                             'enqueue_at_front', 'allow_dependency_failures', 'rqpp_allow_stops',
                             'rate_limit_key', 'rate_limit_concurrency', 'rqpp_results')
  if values.err or not values[1] then return nil end
  return {id = id, waits = values[2] == 'deferred', canceled = values[2] == 'canceled',
          origin = values[3] or '', ttl = tonumber(values[4] or ''), at_front = values[5] == '1',
          failed_will_do = values[6] == '1', stopped_will_do = values[7] == '1',
          limit = values[8] and values[8] ~= '' and tonumber(values[9] or '') and values[8],
          concurrency = values[9], takes = values[10]}
end

-- Whether the child must wait for others; nil if there are too many to see at once. `met` are jobs that
-- it need not wait for any longer; more are added.
local function must_wait(child, met)
  local dependencies = 'rq:job::' .. child.id .. ':dependencies'
  while looked_at < 100 do
    local ids = redis.call('SRANDMEMBER', dependencies, 10)
    if #ids == 0 then return false end
    for _, id in ipairs(ids) do
      looked_at = looked_at + 1
      if not will_do(status_of(id), child) then return true end
      redis.call('SREM', dependencies, id)
      redis.call('SREM', 'rq:job:' .. id .. ':dependents', child.id)
      met[#met + 1] = id
    end
  end
  if redis.call('SCARD', dependencies) == 0 then return false end
  return nil
end

local function queue(child)
  local registry = 'rq:deferred:' .. child.origin
  if redis.call('ZREM', registry, child.id) == 0 then return 0 end
  if child.limit then
    if child.ttl and child.ttl > 0 then redis.pcall('EXPIRE', 'rq:job:' .. child.id, child.ttl) end
    if pcall(wait_for_slot, child.id, child.limit, child.concurrency, now, now_iso) then return 1 end
    redis.call('HSET', 'rq:job:' .. child.id, 'status', 'deferred')
    redis.call('ZADD', registry, now, child.id)
    return 0
  end
  local pushed = redis.pcall(child.at_front and 'LPUSH' or 'RPUSH', 'rq:queue:' .. child.origin, child.id)
  if type(pushed) == 'table' then  -- The queue is no list.
    redis.call('ZADD', registry, now, child.id)
    return 0
  end
  redis.call('HSET', 'rq:job:' .. child.id, 'status', 'queued', 'enqueued_at', now_iso)
  if child.ttl and child.ttl > 0 then redis.pcall('EXPIRE', 'rq:job:' .. child.id, child.ttl) end
  return 1
end

-- Returns the answer for a child, and whether the parent can forget it.
local function tell(id)
  local child = read(id)
  if not child then return -1, true end
  if child.limit and missing_slot_right(child.limit, child.origin) then return 0, false end
  if not child.waits then return 0, not child.canceled end  -- RQ keeps canceled ones.
  local met = {}
  if parent ~= '' then
    local ended = (ended_as ~= '' and will_do(ended_as, child)) or will_do(status_of(parent), child)
    if not ended then return 0, false end
    redis.call('SREM', 'rq:job::' .. id .. ':dependencies', parent)
    met[1] = parent
  end
  local waits = must_wait(child, met)
  if waits ~= false then
    for _, each in ipairs(met) do keep_argument(id, child.takes, each) end
  end
  if waits == nil then return 2, false end
  return waits and 0 or queue(child), true
end

local answers, told, again = {}, {}, false
for i = 6, #ARGV do
  local ok, answer, forget = pcall(tell, ARGV[i])
  if not ok then answer, forget = 0, false end  -- A key of this child is of a wrong type.
  answers[#answers + 1] = answer
  again = again or answer == 2
  if forget then told[#told + 1] = ARGV[i] end
end
if parent ~= '' then
  if #told > 0 then redis.pcall('SREM', 'rq:job:' .. parent .. ':dependents', unpack(told)) end
  if last and not again then redis.call('ZREM', KEYS[1], parent) end
end
return answers
