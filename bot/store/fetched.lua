-- Take everything up to and including one entry off the outbox; nothing if it is not there any more.
--
-- KEYS  1 outbox    ARGV  1 outgoing id

for index, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if string.sub(entry, 1, 9) == ARGV[1] then
    redis.call('LTRIM', KEYS[1], index, -1)
    return index
  end
end
return 0
