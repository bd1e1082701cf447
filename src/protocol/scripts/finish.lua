-- Ends runs that went well and that observers were not shown: up to 100 jobs of one queue, in few
-- commands. Whatever is not as usual is left for settle.lua: a run that has lost its job, a job that was
-- canceled, for which others wait, or which has a result already.
--
-- KEYS[1]   the worker's executions, a set
-- ARGV[1]   the jobs' queue
-- ARGV[2]   the worker's name
-- ARGV[3]   now, as seconds with a fraction: what ends later stands behind, which costs Redis less
-- ARGV[4]   ttl in seconds of jobs and results: 1 or more, or 0 to delete them at once
-- ARGV[5..] for each run: job id, execution id, when it began and when it ended as RQ's timestamps, and
--           the stream of its result as DUMP shows it
-- Returns a number for each run: 1 if it is settled, 0 if it was left.

local origin, worker, now, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local wip_key, finished_key = 'rq:wip:' .. origin, 'rq:finished:' .. origin

local members, waiting, answer = {}, {}, {}
for at = 5, #ARGV, 5 do
  local i = #members + 1
  members[i] = ARGV[at] .. ':' .. ARGV[at + 1]
  waiting[i] = 'rq:job:' .. ARGV[at] .. ':dependents'
  answer[i] = 0
end

local held = redis.pcall('ZMSCORE', wip_key, unpack(members))
if held.err then return answer end
local any_waits = redis.call('EXISTS', unpack(waiting)) > 0

-- Those that are as usual.
local settled, scores, gone = {}, {}, {}
for i = 1, #members do
  local id = ARGV[5 * i]
  local as_usual = held[i] and redis.pcall('HGET', 'rq:job:' .. id, 'status') == 'queued' and
                   not (any_waits and redis.call('EXISTS', waiting[i]) == 1)
  if as_usual and ttl > 0 then
    local kept = redis.pcall('RESTORE', 'rq:results:' .. id, ttl * 1000, ARGV[5 * i + 4])
    as_usual = not kept.err
  end
  if as_usual then
    settled[#settled + 1] = members[i]
    scores[#scores + 1] = now + ttl
    scores[#scores + 1] = id
    gone[#gone + 1] = 'rq:job:' .. id
    gone[#gone + 1] = 'rq:results:' .. id
    answer[i] = 1
  end
end
if #settled == 0 then return answer end

if ttl == 0 then
  redis.call('DEL', unpack(gone))
else
  local finished = redis.pcall('ZADD', finished_key, unpack(scores))
  if type(finished) == 'table' then  -- It is no sorted set, which settle.lua tells.
    for i = 1, #members do
      if answer[i] == 1 then redis.call('DEL', 'rq:results:' .. ARGV[5 * i]) end
      answer[i] = 0
    end
    return answer
  end
  for i = 1, #members do
    if answer[i] == 1 then
      local at = 5 * i
      redis.call('HSET', 'rq:job:' .. ARGV[at], 'status', 'finished', 'started_at', ARGV[at + 2],
                 'ended_at', ARGV[at + 3], 'worker_name', worker)
      redis.call('EXPIRE', 'rq:job:' .. ARGV[at], ttl)
    end
  end
end
redis.call('ZREM', wip_key, unpack(settled))
redis.pcall('SREM', KEYS[1], unpack(settled))
return answer
