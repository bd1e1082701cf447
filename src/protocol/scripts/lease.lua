-- Renews a worker's lease, and names workers whose leases have run out: they are dead, or cut off for
-- so long that others must see to their jobs. The time is Redis' own, so no clock has to agree; but it
-- may jump, which is for those who ask to notice: the end of the lease tells Redis' time.
--
-- KEYS[1]   the leases, a sorted set: worker, end of its lease
-- ARGV[1]   the worker
-- ARGV[2]   seconds that the lease lasts
-- ARGV[3]   when its lease ends, as the last answer said, or that of birth.lua or resume.lua
-- Returns {known, end of the lease, names}: known = 0 if the worker has no lease, since it was given up
-- or Redis has lost its data; -1 if the lease is not the one of the last answer, since Redis has gone
-- back to an earlier state or others have taken the worker for dead; else 1. Names of up to 10 others.
-- Who was lost last comes first: the others may have been found dead before, and are only to be looked
-- at again.

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local ends, last = now + tonumber(ARGV[2]), tonumber(ARGV[3])
-- The same command renews it and shows whether it was as it should be.
local renewed = redis.call('ZADD', KEYS[1], 'XX', 'INCR', string.format('%.6f', ends - last), ARGV[1])
if not renewed then return {0, '', {}} end
local known = 1
if math.abs(tonumber(renewed) - ends) > 0.001 then
  redis.call('ZADD', KEYS[1], string.format('%.6f', ends), ARGV[1])
  -- A renewal that was still on its way from an earlier connection has moved it by less than a lease.
  local moved = tonumber(renewed) - ends
  if moved < -0.001 or moved >= tonumber(ARGV[2]) then known = -1 end
end
return {known, string.format('%.6f', ends), redis.call('ZREVRANGEBYSCORE', KEYS[1], now, '-inf', 'LIMIT', 0, 10)}
