-- Says what of some rights the user has not. Writes nothing.
--
-- ARGV[1]   the number n of commands that follow; client|id is one
-- ARGV[2..1+n]  commands
-- ARGV[2+n] the number m of keys that follow
-- ARGV[3+n..2+n+m]  keys, which are to be written to
-- ARGV[3+n+m..]  channels, which are to be listened to
-- Returns {can, unknown, commands, keys, channels}: can = 0 if Redis cannot tell (before 7.0), unknown =
-- commands that it does not have, and then of each kind what the user may not do.

if not redis.acl_check_cmd then return {0, {}, {}, {}, {}} end

local behind = 2 + tonumber(ARGV[1])
local last_key = behind + tonumber(ARGV[behind])

-- Redis looks for keys where a command has them, whether it was given so many words or not.
local kWithoutKeys = {client = 1, exec = 1, multi = 1, ping = 1, publish = 1, select = 1, subscribe = 1, time = 1}
local function words_of(command, key)
  local name, subcommand = string.match(command, '^([^|]+)|?(.*)$')
  if subcommand ~= '' then return {name, subcommand} end
  if kWithoutKeys[name] then return {name} end
  if name == 'eval' or name == 'evalsha' then return {name, '', '0'} end
  if name == 'lmpop' then return {name, '1', key, 'left'} end
  if name == 'xread' then return {name, 'streams', key, '0'} end
  if name == 'copy' or name == 'rename' then return {name, key, key} end
  if name == 'lmove' then return {name, key, key, 'left', 'left'} end
  if name == 'blmove' then return {name, key, key, 'left', 'left', '0'} end
  return {name, key}
end

-- Returns nothing for a command that Redis does not have. Redis 8 wants as many words as a command takes: the
-- last one is repeated. Nothing as well for a command without the channel that Redis 8 wants.
local kWithChannels = {publish = 1, subscribe = 1}
local function may(words)
  local complete = words[2] or not kWithChannels[words[1]]
  repeat
    local ok, answer = pcall(redis.acl_check_cmd, unpack(words))
    if ok then return answer end
    words[#words + 1] = words[#words]
  until #words > 5 or not complete
end

-- A command is allowed if it is for any of the keys.
local function is_allowed(command)
  for i = behind + 1, last_key do
    local answer = may(words_of(command, ARGV[i]))
    if answer == nil and kWithChannels[command] then return true end -- its channels tell
    if answer ~= false then return answer end
  end
  return false
end

local unknown, commands, keys, channels = {}, {}, {}, {}
local writes = {del = 1, hset = 1, sadd = 1, set = 1, zadd = 1}
local write
for i = 2, behind - 1 do
  local allowed = is_allowed(ARGV[i])
  if allowed == nil then
    unknown[#unknown + 1] = ARGV[i]
  elseif not allowed then
    commands[#commands + 1] = ARGV[i]
  elseif writes[ARGV[i]] then
    write = ARGV[i]
  end
end
for i = behind + 1, last_key do
  if write and not may(words_of(write, ARGV[i])) then keys[#keys + 1] = ARGV[i] end
end
for i = last_key + 1, #ARGV do
  if is_allowed('subscribe') and not may({'subscribe', ARGV[i]}) then channels[#channels + 1] = ARGV[i] end
end
return {1, unknown, commands, keys, channels}
