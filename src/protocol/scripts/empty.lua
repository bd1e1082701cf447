-- Removes one slice of a queue and the jobs in it. Called again until it returns 0.
--
-- KEYS[1]   the queue, a list
-- ARGV[1]   size of the slice, at most 100
-- Returns the number of ids removed.

local ids = redis.call('LPOP', KEYS[1], ARGV[1])
if not ids then return 0 end
for _, id in ipairs(ids) do
  redis.call('UNLINK', 'rq:job:' .. id, 'rq:job:' .. id .. ':dependents',
             'rq:job::' .. id .. ':dependencies')
end
return #ids
