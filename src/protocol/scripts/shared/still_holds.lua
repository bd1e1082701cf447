-- Whether a run that is shown holds its job although it has gone from rq:wip. RQ 2 and 3 give the job
-- another status when they take it from a run; RQ 1 cannot read our member and just drops it when it
-- has expired.
local function still_holds(id, execution, worker)
  local job = redis.pcall('HMGET', 'rq:job:' .. id, 'status', 'worker_name')
  if job[1] ~= 'started' or job[2] ~= worker then return false end
  -- Another run of the job has an execution of its own.
  local others = redis.pcall('ZRANGE', 'rq:executions:' .. id, 0, 1)
  return others.err or #others == 0 or #others == 1 and others[1] == execution
end
