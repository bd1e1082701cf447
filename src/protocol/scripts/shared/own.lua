-- What a worker has claimed and not ended yet is in a sorted set of its own, `rqpp:runs:<worker>`, which
-- nothing of RQ reads or cleans: members `<id>:<execution>`, by how far the run has come. 0: it is shown
-- to observers. Else the number of the claim that prefetched it, 1 of what begins at once, and behind that
-- the six digits of the job's stamp; it has begun if the member `begun` (number and 999999) is not below it.
-- So an heir can tell the job of a run that was not shown from a new job of the same id. `session-<n>`, the only
-- member below 0, is the connection that may claim for this worker. It is replaced when the worker connects
-- again and removed when the worker is given up, so a claim that was still on its way then takes nothing.

-- The microseconds of a job's `created_at`; 000000 says nothing.
local function stamp_of(created)
  return string.match(created or '', '^%.(%d%d%d%d%d%d)Z$', 20) or '000000'
end

-- Makes runs, {score, member, ...}, the worker's. Returns 1; 0 if this session may not, or an error.
local function own(runs_key, session, begun, runs)
  local added = redis.pcall('ZADD', runs_key, 'GT', -1, session, begun, 'begun', unpack(runs))
  if added == #runs / 2 then return 1 end
  if type(added) == 'table' then return added end
  local members = {session}
  -- Neither was there, so nothing may be left.
  if added > #runs / 2 + 1 then members[2] = 'begun' end
  for i = 2, #runs, 2 do members[#members + 1] = runs[i] end
  redis.call('ZREM', runs_key, unpack(members))
  return 0
end
