-- Drop the outbox of a person who cannot be reached.
--
-- KEYS  1 outbox, 2 ready    ARGV  1 conversation
-- Answer: how many entries it held

local held = redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return held
