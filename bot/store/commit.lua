-- The one atomic write: a turn as a whole or not at all.
--
-- KEYS  1 lane, 2 outbox, 3 ready, then due and rung if there are timers, then quarantine if there is such an arrival
-- ARGV  1 arrival, 2 expected version, 3 now (minute), 4 now (ms), 5 end of lease (ready score), 6 sealed record or "",
--       7 conversation, 8 pushed (1 or 0; 2 more if what waits is dropped first, 4 more if the lane ends when it would have),
--       9 number of outgoings, then for each its id and its sealed payload,
--       then the number of timers set (-1: no timers at all), for each its name and moment (ms), the number dropped,
--       their names, and the sealed quarantined arrival if there is one
-- Answer: -2 repeated; -1 conflict; 0 written; 1 written, and our own first outgoing is leased;
--         or the entry of an older outgoing that is leased;
--         one of the last three and the number of older outgoings that had to go, where there were too many
--
-- A lane is  format (1) ‖ version (6) ‖ number of arrivals seen (2) ‖ per arrival id (6) ‖ minute (2) ‖ sealed record.
-- Six bytes of a keyed hash tell 2,000 arrivals of one person apart; minutes begin anew after 45 days, lanes end before.
-- An outbox entry is  id (9) ‖ times handed out (1) ‖ minute it was written (4) ‖ sealed payload.

local FORMAT = 1
local HEAD, SEEN, MINUTES = 9, 8, 65536
local AHEAD_MINUTES = 60000 -- so "old" is a clock that runs ahead of ours
local SEEN_MINUTES, SEEN_AT_MOST = 2880, 2000
local RECORD_SECONDS, SEEN_SECONDS = 2592000, 172800
local OUTGOING_MINUTES, OUTGOING_SECONDS = 1440, 90000
local OUTBOX_AT_MOST = 200
local QUARANTINE_SECONDS = 604800

local arrival, minute, now = string.sub(ARGV[1], 3), tonumber(ARGV[3]), tonumber(ARGV[4])
local lane = redis.call('GET', KEYS[1])
local version, count, seen = 0, 0, ''
if lane then
  local format
  format, version, count = struct.unpack('>I1I6I2', lane)
  if format ~= FORMAT then
    return redis.error_reply('WAYMARK a newer program wrote this lane')
  end
  seen = string.sub(lane, HEAD + 1, HEAD + count * SEEN)
  local at = string.find(seen, arrival, 1, true)
  while at do
    if (at - 1) % SEEN == 0 then
      -- A write, so that whoever waits for replicas waits for the first commit, too.
      redis.call('EXPIRE', KEYS[1], math.max(1, math.ceil(redis.call('PTTL', KEYS[1]) / 1000)))
      return -2
    end
    at = string.find(seen, arrival, at + 1, true)
  end
end
if version ~= tonumber(ARGV[2]) then
  return -1
end

local old = math.max(0, count + 1 - SEEN_AT_MOST)
while old < count do
  local age = (minute - struct.unpack('>I2', seen, old * SEEN + 7)) % MINUTES
  if age <= SEEN_MINUTES or age >= AHEAD_MINUTES then
    break
  end
  old = old + 1
end
local written = struct.pack('>I1I6I2', FORMAT, version + 1, count - old + 1)
  .. string.sub(seen, old * SEEN + 1) .. arrival .. struct.pack('>I2', minute % MINUTES) .. ARGV[6]
local flags = tonumber(ARGV[8])
if lane and flags >= 4 and ARGV[6] ~= '' then
  redis.call('SET', KEYS[1], written, 'KEEPTTL')
else
  redis.call('SET', KEYS[1], written, 'EX', ARGV[6] == '' and SEEN_SECONDS or RECORD_SECONDS)
end

local next_argument = 9
local function take()
  next_argument = next_argument + 1
  return ARGV[next_argument - 1]
end

local pushed, clears = flags % 2 == 1, flags % 4 >= 2
local score = pushed and redis.call('ZSCORE', KEYS[3], ARGV[7])
score = score and tonumber(score)
local free = pushed and (not score or score <= now)
if clears then
  redis.call('DEL', KEYS[2])
  redis.call('ZREM', KEYS[3], ARGV[7])
  score, free = false, pushed
elseif ARGV[6] == '' then
  -- Who is forgotten gets no older messages any more; only what is being sent right now stays, so that it is settled.
  if score and score > now and score % 1 == 0.5 then
    redis.call('LTRIM', KEYS[2], 0, 0)
  else
    redis.call('DEL', KEYS[2])
  end
end

if not pushed then
  -- Nobody claims from this outbox, so what is out of date goes when something new comes.
  local oldest = redis.call('LINDEX', KEYS[2], 0)
  while oldest and struct.unpack('>I4', oldest, 11) < minute - OUTGOING_MINUTES do
    redis.call('LPOP', KEYS[2])
    oldest = redis.call('LINDEX', KEYS[2], 0)
  end
end

local outgoings = tonumber(take())
local ours_is_head, crowded_out = false, 0
if outgoings > 0 then
  local entries, stamp = {}, struct.pack('>I4', minute)
  -- Who is not in `ready` has an empty outbox, mostly: then our first is handed out right away.
  ours_is_head = free and not score
  for index = 1, outgoings do
    local id = take()
    entries[index] = id .. (index == 1 and ours_is_head and '\1' or '\0') .. stamp .. take()
  end
  local length = redis.call('RPUSH', KEYS[2], unpack(entries))
  redis.call('EXPIRE', KEYS[2], OUTGOING_SECONDS)
  if ours_is_head and length > outgoings then
    ours_is_head = false
    redis.call('LSET', KEYS[2], length - outgoings, string.sub(entries[1], 1, 9) .. '\0' .. string.sub(entries[1], 11))
  end
  local in_hand = score and score > now and score % 1 == 0.5 and 1 or 0
  crowded_out = math.max(0, math.min(length - OUTBOX_AT_MOST, length - outgoings - in_hand))
  if crowded_out > 0 then
    -- What is being sent right now stays at the head: it comes to stand where the last of those stood that go.
    local head = redis.call('LINDEX', KEYS[2], 0)
    redis.call('LTRIM', KEYS[2], crowded_out, -1)
    if in_hand == 1 then
      redis.call('LSET', KEYS[2], 0, head)
    end
  end
end

local set = tonumber(take())
local next_key = 4
if set >= 0 then
  for _ = 1, set do
    local member = ARGV[7] .. ':' .. take()
    redis.call('ZADD', KEYS[4], take(), member)
    redis.call('HDEL', KEYS[5], member)
  end
  for _ = 1, tonumber(take()) do
    local member = ARGV[7] .. ':' .. take()
    redis.call('ZREM', KEYS[4], member)
    redis.call('HDEL', KEYS[5], member)
  end
  next_key = 6
end
if KEYS[next_key] then
  redis.call('SET', KEYS[next_key], take(), 'EX', QUARANTINE_SECONDS)
end

local function tell(answer)
  return crowded_out > 0 and {answer, crowded_out} or answer
end
if not free or not score and outgoings == 0 then
  return tell(0)
end
-- Nothing of this person is under way: lease the oldest entry.
if ours_is_head then
  redis.call('ZADD', KEYS[3], ARGV[5], ARGV[7])
  return tell(1)
end
local head = redis.call('LINDEX', KEYS[2], 0)
if not head then
  redis.call('ZREM', KEYS[3], ARGV[7])
  return tell(0)
end
if struct.unpack('>I4', head, 11) < minute - OUTGOING_MINUTES then
  -- Out of date: whoever claims it next drops and counts it.
  redis.call('ZADD', KEYS[3], ARGV[4], ARGV[7])
  return tell(0)
end
local times = math.min(255, string.byte(head, 10) + 1)
redis.call('LSET', KEYS[2], 0, string.sub(head, 1, 9) .. string.char(times) .. string.sub(head, 11))
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[7])
return tell(head)
