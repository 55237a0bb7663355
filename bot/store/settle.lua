-- Take a delivered head off the outbox and lease the next; harmless when it is not the head any more.
--
-- KEYS  1 outbox, 2 ready    ARGV  1 outgoing id, 2 conversation, 3 now (minute), 4 now (ms), 5 end of lease (ready score)
-- Answer: the entry leased, or nil

local OUTGOING_MINUTES = 1440

local head = redis.call('LINDEX', KEYS[1], 0)
if not head or string.sub(head, 1, 9) ~= ARGV[1] then
  return false
end
redis.call('LPOP', KEYS[1])
head = redis.call('LINDEX', KEYS[1], 0)
if not head then
  redis.call('ZREM', KEYS[2], ARGV[2])
  return false
end
local score = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[2]) or 0)
if score > tonumber(ARGV[4]) and score % 1 == 0 then
  -- Somebody was asked for patience in the meantime.
  return false
end
if struct.unpack('>I4', head, 11) < tonumber(ARGV[3]) - OUTGOING_MINUTES then
  -- Out of date: whoever claims it next drops and counts it.
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
  return false
end
local times = math.min(255, string.byte(head, 10) + 1)
redis.call('LSET', KEYS[1], 0, string.sub(head, 1, 9) .. string.char(times) .. string.sub(head, 11))
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[2])
return head
