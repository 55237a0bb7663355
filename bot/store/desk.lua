-- What a commit does beyond one conversation's own outbox: letters, what is held back, a new ticket, a ticket's index.
--
-- Stands behind commit.lua, which is wrapped as the function `commit(KEYS, ARGV)`: either both are done or neither.
--
-- ARGV  1 number of keys of the inner commit, 2 number of its arguments, these, and then
--       held: unveils (1 or 0), erased (1 or 0), number held, for each its entry
--       lines: their number, for each its member in ready, how long it is kept (s), whether what waits there, or was
--              set aside, goes (1 or 0), how many entries may wait (0: any number), its number of entries, and these
--       opens (1 or 0), and if so the new ticket's id, its sealed record, its due moment (ms)
--       ticket: 0 none, 1 open, 2 closed, 3 erased; if not 0 its id, whether what was told is shredded (1 or 0),
--               the number of records kept, and these, the number of wraps, for each its name and the wrap
--               (empty: it goes)
-- KEYS  those of the inner commit, then held; one for each line, and where what goes was set aside; if it opens: ticket's lane, due, open, recent;
--       if there is a ticket: open, kept, wraps, its lane, recent
-- Answer: that of the inner commit; where there were too many on a line, it and the number of those that had to go
-- An entry is  id (9) ‖ times handed out (1) ‖ minute (4) ‖ sealed payload.

local RECENT_MILLISECONDS = 2764800000
local HELD_SECONDS, HELD_AT_MOST = 604800, 50
local KEPT_SECONDS, TICKET_SECONDS = 7776000, 2764800
local OUTGOING_SECONDS, NEVER_OLD = 90000, 4294967295

local next_key, next_argument = tonumber(ARGV[1]), 2
local inner_keys, inner_arguments = {}, {}
for index = 1, next_key do
  inner_keys[index] = KEYS[index]
end
for index = 1, tonumber(ARGV[2]) do
  inner_arguments[index] = ARGV[2 + index]
end
next_argument = 2 + tonumber(ARGV[2])

local function key()
  next_key = next_key + 1
  return KEYS[next_key]
end
local function take()
  next_argument = next_argument + 1
  return ARGV[next_argument]
end

local held = key()
local unveils, erased = take() == '1', take() == '1'
local outbox, ready, conversation = inner_keys[2], inner_keys[3], inner_arguments[7]
local now, stamp = inner_arguments[4], struct.pack('>I4', tonumber(inner_arguments[3]))
local unveiled = 0
if unveils then
  for _, entry in ipairs(redis.call('LRANGE', held, 0, -1)) do
    redis.call('RPUSH', outbox, string.sub(entry, 1, 9) .. '\0' .. stamp .. string.sub(entry, 15))
    unveiled = unveiled + 1
  end
end

local answer = commit(inner_keys, inner_arguments)
if answer == -1 or answer == -2 or type(answer) == 'table' and answer.err then
  if unveiled > 0 then
    redis.call('LTRIM', outbox, 0, -1 - unveiled)
  end
  return answer
end

if unveiled > 0 then
  redis.call('DEL', held)
  redis.call('EXPIRE', outbox, OUTGOING_SECONDS)
  if tonumber(inner_arguments[8]) % 2 == 1 then
    redis.call('ZADD', ready, 'NX', now, conversation)
  end
end
if erased then
  redis.call('DEL', held)
end
local count = tonumber(take())
for _ = 1, count do
  redis.call('RPUSH', held, take())
end
if count > 0 then
  redis.call('LTRIM', held, -HELD_AT_MOST, -1)
  redis.call('EXPIRE', held, HELD_SECONDS)
end

local crowded_out = 0
for _ = 1, tonumber(take()) do
  local line, member, seconds = key(), take(), tonumber(take())
  local score = tonumber(redis.call('ZSCORE', ready, member) or 0)
  local in_hand = score > tonumber(now) and score % 1 == 0.5 and 1 or 0
  if take() == '1' then
    -- What a desk must forget it is not told first; only what is being sent right now stays, so that it is settled.
    if in_hand == 1 then
      redis.call('LTRIM', line, 0, 0)
    else
      redis.call('DEL', line)
    end
    redis.call('DEL', key())
  end
  local at_most, length = tonumber(take()), 0
  for _ = 1, tonumber(take()) do
    length = redis.call('RPUSH', line, take())
  end
  local gone = at_most > 0 and math.max(0, length - at_most) or 0
  for index = 1, gone do
    if struct.unpack('>I4', redis.call('LINDEX', line, in_hand + index - 1), 11) == NEVER_OLD then
      -- A deletion has to be done, and so stays what comes behind it.
      gone = index - 1
      break
    end
  end
  if gone > 0 then
    local head = redis.call('LINDEX', line, 0)
    redis.call('LTRIM', line, gone, -1)
    if in_hand == 1 then
      redis.call('LSET', line, 0, head)
    end
    crowded_out = crowded_out + gone
  end
  if redis.call('PTTL', line) < seconds * 1000 then
    redis.call('EXPIRE', line, seconds)
  end
  redis.call('ZADD', ready, 'NX', now, member)
end

if take() == '1' then
  local lane, due, open, recent = key(), key(), key(), key()
  local ticket, sealed, moment = take(), take(), take()
  if redis.call('EXISTS', lane) == 0 then
    redis.call('SET', lane, struct.pack('>I1I6I2', 1, 1, 0) .. sealed, 'EX', TICKET_SECONDS)
    redis.call('ZADD', due, moment, ticket .. ':due')
    redis.call('SADD', open, ticket)
    redis.call('ZADD', recent, now, ticket)
  end
end

local state = take()
if state ~= '0' then
  local open, kept, wraps, lane, recent = key(), key(), key(), key(), key()
  local ticket = take()
  redis.call(state == '1' and 'SADD' or 'SREM', open, ticket)
  redis.call('ZREMRANGEBYSCORE', recent, '-inf', tonumber(now) - RECENT_MILLISECONDS)
  local shreds = take() == '1'
  if state == '3' then
    redis.call('ZREM', recent, ticket)
  else
    redis.call('EXPIRE', lane, TICKET_SECONDS)
    redis.call('ZADD', recent, now, ticket)
  end
  if shreds or state == '3' then
    redis.call('DEL', kept, wraps)
  end
  local records = tonumber(take())
  for _ = 1, records do
    redis.call('RPUSH', kept, take())
  end
  if records > 0 then
    redis.call('EXPIRE', kept, KEPT_SECONDS)
  end
  local readers = tonumber(take())
  for _ = 1, readers do
    local reader, wrap = take(), take()
    if wrap == '' then
      redis.call('HDEL', wraps, reader)
    else
      redis.call('HSET', wraps, reader, wrap)
    end
  end
  if readers > 0 then
    redis.call('EXPIRE', wraps, KEPT_SECONDS)
  end
end
return crowded_out > 0 and {answer, crowded_out} or answer
