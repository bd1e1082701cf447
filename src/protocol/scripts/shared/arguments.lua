-- A job may take the result of another one as an argument. While it waits for others still, that result
-- may expire; so a copy goes along in the job's own hash: a line with the id and the result as it is in
-- the stream, in base64. It ends with the job, whatever becomes of that.
local function keep_argument(id, takes, parent)
  if not takes or not string.find(takes, '"' .. parent .. '"', 1, true) then return end
  local newest = redis.pcall('XREVRANGE', 'rq:results:' .. parent, '+', '-', 'COUNT', 1)
  if newest.err or not newest[1] then return end
  local fields, returned, value = newest[1][2], false, ''
  for i = 1, #fields, 2 do
    if fields[i] == 'type' then returned = fields[i + 1] == '1' end
    if fields[i] == 'return_value' then value = fields[i + 1] end
  end
  if not returned then return end
  local job_key = 'rq:job:' .. id
  local kept = redis.call('HGET', job_key, 'rqpp_arguments') or ''
  redis.call('HSET', job_key, 'rqpp_arguments', kept .. parent .. ' ' .. value .. '\n')
end
