-- Removes one slice of a queue and the jobs in it, with all that belongs to them. Called again until it
-- returns 0.
--
-- KEYS[1]   the queue, a list
-- ARGV[1]   size of the slice, at most 100
-- ARGV[2]   now, as whole seconds
-- ARGV[3]   now, as RQ's timestamp
-- Returns the number of ids removed.

-- include shared/rights.lua
-- include shared/slots.lua
-- include shared/delete.lua

local queue = string.sub(KEYS[1], 10)
local refused = missing_right('HMGET', 'rq:job:', 'UNLINK', 'rq:job:', 'UNLINK', 'rq:results:', 'ZREM',
                              'rq:finished:' .. queue, 'SREM', 'rq:group:', 'GET', 'rqpp:unique:', 'DEL',
                              'rqpp:unique:') or missing_slot_right('', queue)
if refused then return refused end

local ids = redis.call('LPOP', KEYS[1], ARGV[1])
if not ids then return 0 end
local keys, jobs = {}, {}
for i, id in ipairs(ids) do
  jobs[i] = read_for_delete(id)
  keys[#keys + 1] = 'rq:job:' .. id
  keys[#keys + 1] = 'rq:results:' .. id
  keys[#keys + 1] = 'rq:job:' .. id .. ':dependents'
  keys[#keys + 1] = 'rq:job::' .. id .. ':dependencies'
end
for first = 1, #keys, 100 do redis.call('UNLINK', unpack(keys, first, math.min(first + 99, #keys))) end
-- Behind them all, since slots that are free let others into the queue.
for i, id in ipairs(ids) do
  local job = jobs[i]
  if is_set(job[4]) then redis.pcall('ZREM', 'rq:finished:' .. (job[3] or ''), id) end
  leave_others(id, job, ARGV[2], ARGV[3])
end
return #ids
