-- RQ's limit of how many jobs of a key may be queued or running at once (RQ 3). `rq:rl:<key>:allowed` has
-- those that may, `rq:rl:<key>:rate_limited` those that wait for a slot, `rq:rl:<key>` how many there are.

-- Whether a run of a job goes on, although the job may be gone.
local function has_live_run(id, now)
  local last = redis.pcall('ZRANGE', 'rq:executions:' .. id, -1, -1, 'WITHSCORES')
  return last[2] and tonumber(last[2]) > tonumber(now)
end

-- Queues those that wait while slots are free, the oldest first. There is one for each that is given
-- back; more at once only where somebody raised the limit, and then 100 for now.
local function fill_slots(key, now, now_iso)
  local slots = 'rq:rl:' .. key
  local most = tonumber(redis.call('HGET', slots, 'concurrency') or '') or 0
  local free = most - redis.call('ZCARD', slots .. ':allowed')
  local passed = {}
  for _ = 1, 100 do
    if free <= 0 then break end
    local popped = redis.call('ZPOPMIN', slots .. ':rate_limited')
    local id = popped[1]
    if not id then break end
    local job_key = 'rq:job:' .. id
    local job = redis.pcall('HMGET', job_key, 'origin', 'status', 'enqueue_at_front')
    -- Others have gone elsewhere meanwhile.
    if job[1] and job[2] == 'rate_limited' then
      local added = redis.call('ZADD', slots .. ':allowed', now, id)
      if added == 0 and has_live_run(id, now) then
        -- A job of this id was deleted while it ran. That run has the slot, and lets this one in when it ends.
        passed[#passed + 1] = popped[2]
        passed[#passed + 1] = id
      else
        local pushed = redis.pcall(job[3] == '1' and 'LPUSH' or 'RPUSH', 'rq:queue:' .. job[1], id)
        if type(pushed) == 'table' then  -- The queue is no list.
          redis.call('ZREM', slots .. ':allowed', id)
          passed[#passed + 1] = now
          passed[#passed + 1] = id
          break
        end
        redis.call('HSET', job_key, 'status', 'queued', 'enqueued_at', now_iso)
        free = free - added
      end
    end
  end
  if #passed > 0 then redis.call('ZADD', slots .. ':rate_limited', unpack(passed)) end
end

-- Instead of the push into its queue.
local function wait_for_slot(id, key, concurrency, now, now_iso)
  redis.call('SADD', 'rq:rl-keys', key)
  redis.call('HSET', 'rq:rl:' .. key, 'concurrency', concurrency)
  redis.call('HSET', 'rq:job:' .. id, 'status', 'rate_limited')
  redis.call('ZADD', 'rq:rl:' .. key .. ':rate_limited', now, id)
  fill_slots(key, now, now_iso)
end

local function leave_slot(id, key, now, now_iso)
  -- A key of a wrong type must not keep a job from its end.
  redis.pcall('ZREM', 'rq:rl:' .. key .. ':allowed', id)
  pcall(fill_slots, key, now, now_iso)
end

-- Releases the slot of a run that has lost its job: cancel and delete leave the slot to the run. A job that
-- is queued or started keeps it.
local function leave_slot_of_lost(id, status, key, now, now_iso)
  if status ~= 'queued' and status ~= 'started' then leave_slot(id, key, now, now_iso) end
end

-- What of all this the user may not do, see rights.lua. What waits may be of other queues, which
-- fill_slots looks after.
local function missing_slot_right(key, origin)
  local slots, queue, job = 'rq:rl:' .. key, 'rq:queue:' .. origin, 'rq:job:'
  local waiting = slots .. ':rate_limited'
  return missing_right('SADD', 'rq:rl-keys', 'HSET', slots, 'HGET', slots, 'ZREM', waiting, 'ZADD', waiting,
                       'ZCARD', waiting, 'ZRANGE', 'rq:executions:', 'ZPOPMIN', waiting, 'LPUSH', queue,
                       'RPUSH', queue, 'HMGET', job, 'HSET', job)
end
