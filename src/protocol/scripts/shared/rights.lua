-- Redis 8 wants as many words as the command takes, Redis 7 is content with any number. Most commands take four
-- behind their name, or more; where these are keys, each is this one.
local function may_run(command, key)
  local told, may = pcall(redis.acl_check_cmd, command, key, key, key, key)
  local words = not told and {command, key, key, key}
  for count = 4, 1, -1 do
    if told then return may end
    told, may = pcall(redis.acl_check_cmd, unpack(words, 1, count))
  end
  if not told then error(may) end
  return may
end

-- What a script has written stays written when a later command is refused. So each asks here, before its
-- first write, for all that may follow: given are commands and, behind each, a key of its. Each pair takes
-- 0.3 us, so what runs before the first write, or can be undone, is left out on hot paths.
-- Returns the error of the first that this user may not run; nothing if it may run all of them, or if
-- Redis cannot tell (before 7.0).
local function missing_right(...)
  if not redis.acl_check_cmd then return nil end
  local words = {...}
  for i = 1, #words, 2 do
    if not may_run(words[i], words[i + 1]) then
      return {err = 'NOPERM this user may not run ' .. words[i] .. ' on ' .. words[i + 1]}
    end
  end
end

-- True of an error, caught by pcall, that lies with the rights of the user. (Redis 7 hands it on as a text, with
-- the second wording; the third is that of Redis 8.)
local function is_refusal(why)
  local text = type(why) == 'table' and why.err or tostring(why)
  return string.find(text, 'NOPERM', 1, true) == 1 or
         string.find(text, 'The user executing the script', 1, true) ~= nil or
         string.find(text, 'ACL failure in script', 1, true) ~= nil
end
