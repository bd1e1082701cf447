-- Takes a run from its worker, with all that observers saw of it. `shown` is what the worker believes.
-- Returns whether the run held its job, whether it was shown, and whether it was known at all.
local function give_up_run(runs_key, executions_key, id, execution, origin, shown)
  local member = id .. ':' .. execution
  local held = not shown or redis.call('ZREM', 'rq:wip:' .. origin, member) == 1
  if not held then
    -- What should have shown it may have been lost on its way.
    local score = redis.call('ZSCORE', runs_key, member)
    shown = not score or tonumber(score) == 0
    held = not shown or still_holds(id, execution, string.match(executions_key, '^rq:worker:(.*):executions$'))
  end
  if shown then
    redis.call('DEL', 'rq:execution:' .. member)
    redis.call('ZREM', 'rq:executions:' .. id, execution)
    redis.call('SREM', executions_key, member)
  end
  local known = redis.call('ZREM', runs_key, member) == 1
  return known and held, shown, known
end

-- What of this the user may not do, see rights.lua.
local function missing_right_to_give_up(runs_key, executions_key, id, origin, shown)
  local executions, wip = 'rq:executions:' .. id, 'rq:wip:' .. origin
  return missing_right('ZREM', runs_key) or
         shown and missing_right('ZREM', wip, 'ZSCORE', runs_key, 'HMGET', 'rq:job:', 'ZRANGE', executions, 'DEL',
                                 'rq:execution:' .. id, 'ZREM', executions, 'SREM', executions_key)
end
