-- Note that one more person asked something; the words are kept only once enough different people have asked it.
--
-- KEYS  1 index of the shard, 2 who asked, 3 the words
-- ARGV  1 name of the question, 2 person, 3 now (s), 4 words, sealed, 5 days kept, 6 people needed, 7 people kept at most,
--       8 questions kept in a shard at most, 9 start of the names of "who asked", 10 of "the words"
-- Answer: how many different people asked it in the days that count

local DAY = 86400
local now, kept = tonumber(ARGV[3]), tonumber(ARGV[5])
local today = math.floor(now / DAY)
local life = kept * DAY

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', today - kept)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', today - kept)
redis.call('ZADD', KEYS[1], today, ARGV[1])
redis.call('EXPIRE', KEYS[1], life)
if redis.call('ZCARD', KEYS[2]) < tonumber(ARGV[7]) then
  redis.call('ZADD', KEYS[2], 'NX', today, ARGV[2])
end
redis.call('EXPIRE', KEYS[2], life)

local excess = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[8])
if excess > 0 then
  for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, excess)) do
    -- The newest question stays, even where many are as old as it.
    if excess > 0 and name ~= ARGV[1] then
      redis.call('ZREM', KEYS[1], name)
      redis.call('DEL', ARGV[9] .. name, ARGV[10] .. name)
      excess = excess - 1
    end
  end
end

local people = redis.call('ZCARD', KEYS[2])
local deciding = redis.call('ZREVRANGE', KEYS[2], tonumber(ARGV[6]) - 1, tonumber(ARGV[6]) - 1, 'WITHSCORES')
if #deciding == 0 then
  redis.call('DEL', KEYS[3])
else
  -- The words go when too few of those who asked are within the days that count.
  redis.call('SET', KEYS[3], ARGV[4], 'EX', (tonumber(deciding[2]) + kept) * DAY - now)
end
return people
