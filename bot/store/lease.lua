#!lua flags=allow-oom
-- Lease the head of one line that is due; what is out of date is dropped, or set aside for people to look at.
--
-- Allowed while the store is full: what is sent makes room, and nothing grows by this.
--
-- KEYS  1 outbox, 2 ready, and 3 where it is set aside, if it is
-- ARGV  1 conversation or line, 2 now (minute), 3 now (ms), 4 end of lease (ready score)
-- Answer: how many were dropped, then the entry leased unless there is none or somebody else was faster

local OUTGOING_MINUTES = 1440
local ASIDE_SECONDS, ASIDE_AT_MOST = 604800, 200

local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not score or tonumber(score) > tonumber(ARGV[3]) then
  return {0}
end
local dropped = 0
local head = redis.call('LINDEX', KEYS[1], 0)
while head and struct.unpack('>I4', head, 11) < tonumber(ARGV[2]) - OUTGOING_MINUTES do
  local entry = redis.call('LPOP', KEYS[1])
  if KEYS[3] then
    redis.call('RPUSH', KEYS[3], entry)
    redis.call('LTRIM', KEYS[3], -ASIDE_AT_MOST, -1)
    -- What comes later does not let what came first stay for longer.
    if redis.call('PTTL', KEYS[3]) < 0 then
      redis.call('EXPIRE', KEYS[3], ASIDE_SECONDS)
    end
  end
  dropped = dropped + 1
  head = redis.call('LINDEX', KEYS[1], 0)
end
if not head then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return {dropped}
end
local times = math.min(255, string.byte(head, 10) + 1)
redis.call('LSET', KEYS[1], 0, string.sub(head, 1, 9) .. string.char(times) .. string.sub(head, 11))
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
return {dropped, head}
