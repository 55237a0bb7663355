-- Write a named value, or take it off, unless somebody else has written it since it was read.
--
-- KEYS  1 the value    ARGV  1 version expected (-1: any), 2 life in ms (0: no end), 3 sealed value (empty: take it off)
-- A value is  version (4) ‖ sealed.    Answer: the new version, 0 where somebody else was first

local found = redis.call('GET', KEYS[1])
local version = found and struct.unpack('>I4', found) or 0
local expected = tonumber(ARGV[1])
if expected >= 0 and version ~= expected then
  return 0
end
if ARGV[3] == '' then
  redis.call('DEL', KEYS[1])
  return version + 1
end
local value = struct.pack('>I4', version + 1) .. ARGV[3]
if ARGV[2] == '0' then
  redis.call('SET', KEYS[1], value)
else
  redis.call('SET', KEYS[1], value, 'PX', ARGV[2])
end
return version + 1
