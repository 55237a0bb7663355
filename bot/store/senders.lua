-- How many processes send to a messenger now, and how many there are. KEYS: who said so lately. ARGV: who asks, whether
-- they send (+ or -), now (ms), how long one counts (ms).
local SENDERS_SECONDS = 60
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3] - ARGV[4])
redis.call('ZREM', KEYS[1], '+' .. ARGV[1], '-' .. ARGV[1])
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2] .. ARGV[1])
redis.call('EXPIRE', KEYS[1], SENDERS_SECONDS)
local all, senders = redis.call('ZRANGE', KEYS[1], 0, -1), 0
for _, one in ipairs(all) do
    if string.sub(one, 1, 1) == '+' then
        senders = senders + 1
    end
end
return {senders, #all}
