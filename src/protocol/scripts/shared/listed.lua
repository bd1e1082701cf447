-- Whether a run is listed among those of its queue (rq:wip) and of its worker. RQ splits their members at
-- the colon and raises an error if the id, from RQ before 2.8, contains one too, which ends a worker of
-- RQ 3. So such a run is only in the keys of its job, by which still_holds.lua finds it.
local function is_listed(id) return not string.find(id, ':', 1, true) end
