-- The list of who did what: only ever added to at its end, and shortened at its beginning.
--
-- KEYS  1 the list, 2 how many were ever added
-- ARGV  1 what: 'append' (2 number expected, 3 sealed entry), 'last', 'all', 'trim' (2 how many)
-- Answer to append: 1 written, 0 somebody else was first; otherwise: number ever added, then the entries

local count = tonumber(redis.call('GET', KEYS[2]) or 0)
if ARGV[1] == 'append' then
  if count ~= tonumber(ARGV[2]) then
    return 0
  end
  redis.call('RPUSH', KEYS[1], ARGV[3])
  redis.call('SET', KEYS[2], count + 1)
  return 1
end
if ARGV[1] == 'trim' then
  redis.call('LTRIM', KEYS[1], ARGV[2], -1)
end
return { count, redis.call('LRANGE', KEYS[1], ARGV[1] == 'last' and -1 or 0, -1) }
