-- Lets a key expire that nobody will delete: what RQ leaves of a job, if it is still so.
--
-- KEYS[1]   the key
-- KEYS[2]   the hash of its job
-- ARGV[1]   result: the results of a job that is gone or expires; ghost: a job's hash without its
--           call; run: what a run has left
-- ARGV[2]   after how many seconds; a result expires with its job where that is still there
-- Returns 1; 0 if it is otherwise by now, and nothing was done.

local kind = ARGV[1]
if redis.call('PTTL', KEYS[1]) ~= -1 then return 0 end
if kind == 'ghost' and redis.pcall('HEXISTS', KEYS[1], 'data') ~= 0 then return 0 end
if kind == 'result' then
  local left = redis.call('PTTL', KEYS[2])
  if left == -1 then return 0 end
  if left > 0 then return redis.call('PEXPIRE', KEYS[1], left) end
end
return redis.call('EXPIRE', KEYS[1], ARGV[2])
