-- Writes new jobs that wait for others, in one step with a look at where those stand: no parent can end
-- in between and miss a child. If all parents have ended as they must the jobs go into their queue
-- instead.
--
-- KEYS[1]   if this counts once, however often it is sent: the count of the sender's writes; the number of
--           this one is the last argument then
-- ARGV[1]   the jobs' queue
-- ARGV[2]   now, as RQ's timestamp
-- ARGV[3]   their score in the registry of deferred jobs
-- ARGV[4]   1 if parents may have failed, else 0
-- ARGV[5]   1 if parents may have been stopped or canceled, else 0
-- ARGV[6]   LPUSH or RPUSH: to the front or to the back of the queue
-- ARGV[7]   the jobs' ttl in seconds, or empty
-- ARGV[8]   1 if these are only some of the parents; then the set of dependencies holds all of them
-- ARGV[9]   1 if some of the jobs take results of others as arguments, else 0
-- ARGV[10]  how many parents follow
-- ARGV[11]  how many jobs there are; parents times jobs is at most 100
-- ARGV[12..] ids of parents, then of the jobs; then for each job the number of words that follow, and these:
--           fields and values of its hash. None: the hash stands already.
-- Returns 1 if the jobs were queued, 0 if they wait.

local origin, now_iso, score, push, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[6], ARGV[7]
local failed_will_do, stopped_will_do = ARGV[4] == '1', ARGV[5] == '1'
local some, take_results, parents = ARGV[8] == '1', ARGV[9] == '1', tonumber(ARGV[10])
local kFirstParent, kFirstChild = 12, 12 + parents
local children = {unpack(ARGV, kFirstChild, kFirstChild + tonumber(ARGV[11]) - 1)}

-- include shared/arguments.lua
-- include shared/once.lua
-- include shared/rights.lua

local refused = missing_right('HGET', 'rq:job:', 'HSET', 'rq:job:', push, 'rq:queue:' .. origin, 'SADD',
                              'rq:job:', 'SREM', 'rq:job:', 'EXPIRE', 'rq:job:', 'XREVRANGE', 'rq:results:',
                              'ZADD', 'rq:deferred:' .. origin) or
                KEYS[1] and missing_right('GET', KEYS[1], 'SET', KEYS[1])
if refused then return refused end

if KEYS[1] and was_executed(KEYS[1], ARGV[#ARGV]) then return 0 end

local function has_ended(status)
  return not status or status == 'finished' or (failed_will_do and status == 'failed') or
         (stopped_will_do and (status == 'stopped' or status == 'canceled'))
end

local function write_hashes()
  local at = kFirstChild + #children
  for _, child in ipairs(children) do
    local words = tonumber(ARGV[at])
    if words > 0 then
      redis.call('HSET', 'rq:job:' .. child, unpack(ARGV, at + 1, at + words))
      if ttl ~= '' then redis.call('EXPIRE', 'rq:job:' .. child, ttl) end
    end
    at = at + words + 1
  end
end

local unmet, met = {}, {}
for i = kFirstParent, kFirstChild - 1 do
  -- What is no hash is no job, as what does not exist.
  local status = redis.pcall('HGET', 'rq:job:' .. ARGV[i], 'status')
  if has_ended(type(status) == 'string' and status) then
    met[#met + 1] = ARGV[i]
  else
    unmet[#unmet + 1] = ARGV[i]
  end
end

if #unmet == 0 and not some then
  -- The push comes first: should the queue be no list, no job is left behind.
  redis.call(push, 'rq:queue:' .. origin, unpack(children))
  write_hashes()
  for _, child in ipairs(children) do
    redis.call('HSET', 'rq:job:' .. child, 'status', 'queued', 'enqueued_at', now_iso)
  end
  return 1
end

write_hashes()
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
  if take_results and #met > 0 then
    local takes = redis.call('HGET', 'rq:job:' .. child, 'rqpp_results')
    for _, parent in ipairs(met) do keep_argument(child, takes, parent) end
  end
  deferred[2 * i - 1], deferred[2 * i] = score, child
end
redis.call('ZADD', 'rq:deferred:' .. origin, unpack(deferred))
return 0
