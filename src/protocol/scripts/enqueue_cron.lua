-- Enqueues one run of a cron entry, once: whoever leads records the moment for which it was due, and
-- refuses what is not later than that.
--
-- KEYS[1]   who leads, a string
-- KEYS[2]   the last run of each entry, a hash: `<due> <job id>`
-- KEYS[3]   the job's hash
-- KEYS[4]   the jobs of the entry as RQ keeps them, a sorted set
-- KEYS[5]   the queue, a list
-- ARGV[1]   the name of the one that asks
-- ARGV[2]   the entry
-- ARGV[3]   when the run was due, in whole seconds
-- ARGV[4]   a moment; what was recorded for a later one was a clock that went wrong
-- ARGV[5]   job id
-- ARGV[6]   now, as seconds with a fraction
-- ARGV[7]   LPUSH or RPUSH: to the front or to the back of the queue
-- ARGV[8]   1 to enqueue nothing while the job of the run before has not ended, else 0
-- ARGV[9]   seconds that the job may wait; empty: for ever
-- ARGV[10..] fields and values of the job
-- Returns 1; 0 if another leads; -1 if it was enqueued before; -2 if the run before has not ended.

-- include shared/rights.lua
local refused = missing_right('HGET', KEYS[2], 'HSET', KEYS[2], 'EXPIRE', KEYS[2],
                              'EXISTS', KEYS[3], ARGV[7], KEYS[5], 'HSET', KEYS[3],
                              'EXPIRE', KEYS[3], 'SADD', 'rq:queues', 'ZADD', KEYS[4],
                              'ZREMRANGEBYRANK', KEYS[4], 'EXPIRE', KEYS[4], 'ZADD', 'rq:cron_jobs')
if refused then return refused end

local due = tonumber(ARGV[3])
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local last, last_job = string.match(redis.call('HGET', KEYS[2], ARGV[2]) or '', '^(%d+) (.*)$')
if last and due <= tonumber(last) and tonumber(last) < tonumber(ARGV[4]) then return -1 end

local function record(job)
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. ' ' .. job)
  redis.call('EXPIRE', KEYS[2], 31536000)
end

if ARGV[8] == '1' and last_job then
  local status = redis.pcall('HGET', 'rq:job:' .. last_job, 'status')
  local unfinished = {queued = 1, started = 1, scheduled = 1, deferred = 1, rate_limited = 1}
  if type(status) == 'string' and unfinished[status] then
    record(last_job)
    return -2
  end
end
if redis.call('EXISTS', KEYS[3]) == 1 then
  record(ARGV[5])
  return -1
end

-- The push comes first: should the queue be no list, nothing has changed.
redis.call(ARGV[7], KEYS[5], ARGV[5])
redis.call('HSET', KEYS[3], unpack(ARGV, 10))
if ARGV[9] ~= '' then redis.call('EXPIRE', KEYS[3], ARGV[9]) end
record(ARGV[5])
redis.call('SADD', 'rq:queues', KEYS[5])
redis.pcall('ZADD', KEYS[4], ARGV[6], ARGV[5])
redis.pcall('ZREMRANGEBYRANK', KEYS[4], 0, -1001)  -- RQ's limits
redis.call('EXPIRE', KEYS[4], 31536000)
redis.pcall('ZADD', 'rq:cron_jobs', ARGV[6], ARGV[2])
return 1
