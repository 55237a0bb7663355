-- Claim one timer that is due, unless it was claimed, renewed or dropped since it was seen.
--
-- KEYS  1 due, 2 rung    ARGV  1 conversation:name, 2 the score that was seen, 3 end of the claim (ms)
-- Answer: the moment it was set for (ms), or nil

local RUNG_SECONDS = 172800

local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) ~= tonumber(ARGV[2]) then
  return false
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], RUNG_SECONDS)
return redis.call('HGET', KEYS[2], ARGV[1])
