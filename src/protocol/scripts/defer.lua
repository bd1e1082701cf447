-- Lets new jobs wait for others, in one step with a look at where those stand: no parent can end in
-- between and miss a child. Their hashes stand already. If all parents have ended as they must the
-- jobs go into their queue instead.
--
-- ARGV[1]   the jobs' queue
-- ARGV[2]   now, as RQ's timestamp
-- ARGV[3]   their score in the registry of deferred jobs
-- ARGV[4]   1 if parents may have failed, else 0
-- ARGV[5]   1 if parents may have been stopped or canceled, else 0
-- ARGV[6]   LPUSH or RPUSH: to the front or to the back of the queue
-- ARGV[7]   the jobs' ttl in seconds, or empty
-- ARGV[8]   1 if these are only some of the parents; then the set of dependencies holds all of them
-- ARGV[9]   how many parents follow
-- ARGV[10..] ids of parents, then of the jobs; parents times jobs is at most 100
-- Returns 1 if the jobs were queued, 0 if they wait.

local origin, now_iso, score, push, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[6], ARGV[7]
local failed_will_do, stopped_will_do = ARGV[4] == '1', ARGV[5] == '1'
local some, parents = ARGV[8] == '1', tonumber(ARGV[9])
local children = {unpack(ARGV, 10 + parents)}

local function has_ended(status)
  return not status or status == 'finished' or (failed_will_do and status == 'failed') or
         (stopped_will_do and (status == 'stopped' or status == 'canceled'))
end

local unmet, met = {}, {}
for i = 10, 9 + parents do
  -- What is no hash is no job, as what does not exist.
  local status = redis.pcall('HGET', 'rq:job:' .. ARGV[i], 'status')
  if has_ended(type(status) == 'string' and status) then
    met[#met + 1] = ARGV[i]
  else
    unmet[#unmet + 1] = ARGV[i]
  end
end

if #unmet == 0 and not some then
  redis.call(push, 'rq:queue:' .. origin, unpack(children))
  for _, child in ipairs(children) do
    redis.call('HSET', 'rq:job:' .. child, 'status', 'queued', 'enqueued_at', now_iso)
  end
  return 1
end

for _, parent in ipairs(unmet) do
  redis.call('SADD', 'rq:job:' .. parent .. ':dependents', unpack(children))
  -- Who cancels it is to know that somebody waits for that, too.
  if stopped_will_do then redis.call('HSET', 'rq:job:' .. parent, 'rqpp_tell_stop', '1') end
end
local deferred = {}
for i, child in ipairs(children) do
  local dependencies = 'rq:job::' .. child .. ':dependencies'
  if not some then
    redis.call('SADD', dependencies, unpack(unmet))
  elseif #met > 0 then
    redis.call('SREM', dependencies, unpack(met))
  end
  if ttl ~= '' then redis.call('EXPIRE', dependencies, ttl) end
  deferred[2 * i - 1], deferred[2 * i] = score, child
end
redis.call('ZADD', 'rq:deferred:' .. origin, unpack(deferred))
return 0
