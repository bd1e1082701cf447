-- Stores a job's meta, unless the job was deleted meanwhile.
--
-- KEYS[1]   the job's hash
-- ARGV[1]   serialized meta
-- Returns 1 if it was stored, 0 if there is no such job.

if redis.call('HEXISTS', KEYS[1], 'data') == 0 then return 0 end
redis.call('HSET', KEYS[1], 'meta', ARGV[1])
return 1
