local function is_set(value) return value and value ~= '' end

-- What has to be known of a job before it is taken away; its first element is nil where no job is.
local function read_for_delete(id)
  local job = redis.pcall('HMGET', 'rq:job:' .. id, 'data', 'status', 'origin', 'repeats_left',
                          'rate_limit_key', 'group_id', 'rqpp_unique', 'rqpp_tell_stop')
  return job.err and {} or job
end

-- Takes a job from the queue or registry in which its status says that it is.
local function leave_place(id, status, origin, repeats_left)
  if status == 'queued' then
    redis.call('LREM', 'rq:queue:' .. origin, 1, id)
  elseif status == 'stopped' then
    redis.call('ZREM', 'rq:failed:' .. origin, id)
  elseif status == 'ready_to_enqueue' then
    redis.call('ZREM', 'rq:ready:' .. origin, id)
  elseif status == 'started' then
    redis.call('ZREM', 'rq:wip:' .. origin, id)  -- RQ 1.x writes the bare id.
  elseif is_set(status) then
    redis.call('ZREM', 'rq:' .. status .. ':' .. origin, id)
  end
  -- One that repeats is among the finished ones as well.
  if is_set(repeats_left) and status ~= 'finished' then redis.call('ZREM', 'rq:finished:' .. origin, id) end
end

-- Takes a job from all that knows it by its fields: group, limit, the window of a unique call.
local function leave_others(id, job, now, now_iso)
  if is_set(job[6]) then redis.pcall('SREM', 'rq:group:' .. job[6], id) end
  if is_set(job[7]) and redis.pcall('GET', 'rqpp:unique:' .. job[7]) == id then
    redis.call('DEL', 'rqpp:unique:' .. job[7])
  end
  if is_set(job[5]) then
    redis.pcall('ZREM', 'rq:rl:' .. job[5] .. ':rate_limited', id)
    -- A run gives it back when it ends (settle.lua, put_back.lua).
    if not has_live_run(id, now) then leave_slot(id, job[5], now, now_iso) end
  end
end

-- Removes a job from its runs. The executions of a job with a limit are kept, see unlink_job.
local function leave_runs(id, origin, limit)
  local executions = redis.pcall('ZRANGE', 'rq:executions:' .. id, 0, 99)
  for _, execution in ipairs(executions.err and {} or executions) do
    redis.call('ZREM', 'rq:wip:' .. origin, id .. ':' .. execution)
    if not is_set(limit) then redis.call('DEL', 'rq:execution:' .. id .. ':' .. execution) end
  end
end

-- Deletes the keys of a job, and the keys that are given besides. The executions of a job with a limit stay
-- until they expire, as in RQ 3: they show that a run still has its slot.
local function unlink_job(id, job, ...)
  local keys = {'rq:job:' .. id, 'rq:results:' .. id, 'rq:job::' .. id .. ':dependencies', ...}
  if not is_set(job[5]) then keys[#keys + 1] = 'rq:executions:' .. id end
  redis.call('UNLINK', unpack(keys))
end

-- What of all this the user may not do, see rights.lua.
local function missing_delete_right(id, job)
  local status, origin, unique = job[2], job[3] or '', 'rqpp:unique:' .. (job[7] or '')
  local registries = {started = 'wip', stopped = 'failed', ready_to_enqueue = 'ready'}
  return missing_right('HMGET', 'rq:job:' .. id, 'ZRANGE', 'rq:executions:' .. id, 'ZREM', 'rq:wip:' .. origin, 'DEL',
                       'rq:execution:' .. id, 'ZREM', 'rq:finished:' .. origin) or
         status == 'queued' and missing_right('LREM', 'rq:queue:' .. origin) or
         status ~= 'queued' and is_set(status) and
         missing_right('ZREM', 'rq:' .. (registries[status] or status) .. ':' .. origin) or
         is_set(job[6]) and missing_right('SREM', 'rq:group:' .. job[6]) or
         is_set(job[7]) and missing_right('GET', unique, 'DEL', unique) or
         is_set(job[5]) and missing_slot_right(job[5], origin)
end
