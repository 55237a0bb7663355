-- How many processes send to a messenger now. KEYS: who did lately. ARGV: who asks, whether they send (1 or 0), now (ms),
-- how long one counts (ms). Answers their number, with the one that asks only where it sends.
local SENDERS_SECONDS = 60
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3] - ARGV[4])
if ARGV[2] == '1' then
    redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
    redis.call('EXPIRE', KEYS[1], SENDERS_SECONDS)
else
    redis.call('ZREM', KEYS[1], ARGV[1])
end
return redis.call('ZCARD', KEYS[1])
