-- Seconds by which clocks may differ.
local kMostSkew = 30

-- When a job with a rate limit may begin. A list holds the moments at which the last `count` runs of
-- its key began, or will begin: those that have to wait are promised one each.
-- Returns nothing if it may begin now; else that moment, and the field with it.
local function turn_of(limit)
  local count, period, promised, key = string.match(limit, '^(%d+) (%d+) (%S+) (.+)$')
  if not count then return nil end
  if not string.find(promised, '^%d+$') and promised ~= '-' then
    error({err = "its rate limit promises no moment: '" .. promised .. "'"})
  end
  count, period, promised = tonumber(count), tonumber(period), tonumber(promised)
  local time = redis.call('TIME')
  local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
  -- Who comes more than a period late, after an outage say, would meet others.
  if promised and now < promised + period then
    if now >= promised then return nil end
    -- Somebody has queued it again; or the scheduler's clock is ahead, and by its own it is not early.
    local early = math.ceil(promised - now)
    return promised + (early <= kMostSkew and early or 0), limit
  end

  local begins = 'rqpp:rate:' .. key
  local turn = now
  if redis.call('LLEN', begins) >= count then
    turn = math.max(now, tonumber(redis.call('LINDEX', begins, -count)) + period)
  end
  redis.call('RPUSH', begins, string.format('%.6f', turn))
  redis.call('LTRIM', begins, -count, -1)
  redis.call('EXPIRE', begins, math.ceil(turn - now) + period)
  if turn <= now then return nil end
  turn = math.ceil(turn)
  return turn, string.format('%d %d %d %s', count, period, turn, key)
end
