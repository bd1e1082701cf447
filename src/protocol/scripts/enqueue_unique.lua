-- Puts a job into its queue, or among the scheduled ones, unless there is one like it: one of its id, or
-- one that was enqueued for the same reason a while ago.
--
-- KEYS[1]   the job's hash
-- KEYS[2]   the queue, a list; or the scheduled jobs, a sorted set
-- KEYS[3]   the reason, a text: the id of the job that was enqueued for it; absent if the id is the reason
-- ARGV[1]   job id
-- ARGV[2]   LPUSH or RPUSH: to the front or to the back of the queue; or ZADD
-- ARGV[3]   when it is due, in whole seconds; empty: now
-- ARGV[4]   seconds for which the job may wait, or empty
-- ARGV[5]   seconds for which the reason holds, or empty
-- ARGV[6..] fields and values of the job's hash
-- Returns the id of the job that is in the way; empty if the job was enqueued.

local id, push, due, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
-- include shared/rights.lua
local refused = missing_right(push, KEYS[2], 'HSET', KEYS[1], 'EXISTS', KEYS[1],
                              'EXPIRE', KEYS[1], 'SET', KEYS[3] or KEYS[1])
if refused then return refused end

if KEYS[3] then
  local holder = redis.call('GET', KEYS[3])
  if holder and redis.pcall('HGET', 'rq:job:' .. holder, 'status') ~= 'canceled' then return holder end
end
-- RQ's rule as well: as long as there is a job, its id is taken.
if redis.call('EXISTS', KEYS[1]) == 1 then return id end

-- The push comes first: should its key be of a wrong type, nothing has changed.
if due == '' then
  redis.call(push, KEYS[2], id)
else
  redis.call(push, KEYS[2], due, id)
end
redis.call('HSET', KEYS[1], unpack(ARGV, 6))
if ttl ~= '' then redis.call('EXPIRE', KEYS[1], ttl) end
if KEYS[3] then redis.call('SET', KEYS[3], id, 'EX', ARGV[5]) end
return ''
