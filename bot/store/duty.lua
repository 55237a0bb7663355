-- One of several processes does something. KEYS: the duty. ARGV: who asks, for how long (ms); none: give it back.
-- The server's clock counts, so that the clocks of the machines may differ.
-- Answers 0: another has it, 1: it was ours, 2: it was given back, 3: it was never taken, or whoever had it fell silent.
local GIVEN_BACK_SECONDS = 60
local holder = redis.call('GET', KEYS[1])
if ARGV[2] == nil then
    if holder == ARGV[1] then
        -- Remembered for a while: whoever comes next need not wait for one that fell silent.
        redis.call('SET', KEYS[1], '', 'EX', GIVEN_BACK_SECONDS)
    end
    return 0
end
if holder and holder ~= '' and holder ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if holder == ARGV[1] then
    return 1
end
return holder == '' and 2 or 3
