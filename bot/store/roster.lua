-- Write who works here, unless somebody else has done so since it was read.
--
-- KEYS  1 roster    ARGV  1 version expected, 2 version written, 3 sealed roster
-- A roster is  version (4) ‖ sealed.    Answer: 1 written, 0 somebody else was first

local found = redis.call('GET', KEYS[1])
local version = found and struct.unpack('>I4', found) or 0
if version ~= tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], struct.pack('>I4', tonumber(ARGV[2])) .. ARGV[3])
return 1
