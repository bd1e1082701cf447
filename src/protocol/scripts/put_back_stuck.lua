-- Puts a job back that a worker of RQ took out of its queue and did not start, if it is still so. It
-- is stuck by RQ's own rule: somebody, we or RQ's maintenance, saw it there a minute ago or earlier.
--
-- KEYS[1]   RQ's intermediate list of the queue
-- KEYS[2]   the queue, a list
-- KEYS[3]   the queue's running jobs, a sorted set
-- KEYS[4]   the job, a hash
-- KEYS[5]   the job's executions, a sorted set
-- KEYS[6]   when it was first seen there, text
-- ARGV[1]   job id
-- ARGV[2]   it is stuck if it was queued before, RQ's timestamp
-- ARGV[3]   and seen before, as seconds with a fraction
-- ARGV[4]   now, as seconds with a fraction
-- Returns 1; 0 if nothing is wrong with it any more; 2 if it was seen just now: ask again in a minute.

-- include shared/rights.lua
local refused = missing_right('LREM', KEYS[1], 'DEL', KEYS[6], 'GET', KEYS[6], 'LPUSH', KEYS[2])
if refused then return refused end

local id = ARGV[1]
local kSeenFor = 86400  -- RQ's

local job = redis.call('HMGET', KEYS[4], 'status', 'enqueued_at')
if job[1] ~= 'queued' or not redis.call('LPOS', KEYS[1], id, 'MAXLEN', 100) then return 0 end
if redis.call('EXISTS', KEYS[5]) == 1 or redis.call('ZSCORE', KEYS[3], id) then return 0 end
if redis.call('SET', KEYS[6], ARGV[4], 'NX', 'EX', kSeenFor) then return 2 end
local seen = tonumber(redis.call('GET', KEYS[6]))
-- RQ leaves the key for a day: the job may have been here before, and left.
if not seen or seen > tonumber(ARGV[3]) or (job[2] or '') > ARGV[2] then return 2 end
redis.call('LREM', KEYS[1], 1, id)
redis.call('DEL', KEYS[6])
redis.call('LPUSH', KEYS[2], id)
return 1
