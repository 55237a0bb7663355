-- Make everything of one shard that is leased or claimed due at once; only for a process that knows it is alone.
-- After the clock was set back each ticket is, too: what it waits for may lie hours ahead.
--
-- KEYS  1 ready, 2 due, 3 rung    ARGV  1 now (ms), 2 whether the clock was set back (1 or 0)

local now = tonumber(ARGV[1])
local waiting = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for index = 1, #waiting, 2 do
  local score = tonumber(waiting[index + 1])
  if score > now and (score % 1 == 0.5 or ARGV[2] == '1') then
    redis.call('ZADD', KEYS[1], ARGV[1], waiting[index])
  end
end
local rung = redis.call('HGETALL', KEYS[3])
for index = 1, #rung, 2 do
  redis.call('ZADD', KEYS[2], 'XX', rung[index + 1], rung[index])
end
if ARGV[2] == '1' then
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], '(' .. ARGV[1], '+inf', 'BYSCORE')) do
    if string.sub(member, 1, 1) == '~' then
      redis.call('ZADD', KEYS[2], 'XX', ARGV[1], member)
      redis.call('HDEL', KEYS[3], member)
    end
  end
end
return redis.status_reply('OK')
