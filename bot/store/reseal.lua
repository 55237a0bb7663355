-- Put values sealed anew in the place of old ones, wherever these still stand as they were read.
--
-- KEYS  1 a value or a list    ARGV  1 'value' or 'list', then for each: its place in the list (0 for a value), the old
--       sealed part, the new one.    A value or entry ends with its sealed part.
-- Answer: how many were put

local is_list = ARGV[1] == 'list'
local put = 0
for index = 2, #ARGV, 3 do
  local place, old, new = ARGV[index], ARGV[index + 1], ARGV[index + 2]
  local found = is_list and redis.call('LINDEX', KEYS[1], place) or not is_list and redis.call('GET', KEYS[1])
  if found and #old > 0 and string.sub(found, -#old) == old then
    local written = string.sub(found, 1, #found - #old) .. new
    if is_list then
      redis.call('LSET', KEYS[1], place, written)
    else
      redis.call('SET', KEYS[1], written, 'KEEPTTL')
    end
    put = put + 1
  end
end
return put
