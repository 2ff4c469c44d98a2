-- One key of the store under its new name, with its card rewrapped; done once however often it is tried.
-- KEYS: old name, new name, the names done so far. ARGV: card ("" = leave)
if redis.call("SISMEMBER", KEYS[3], KEYS[1]) == 1 or redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
redis.call("RENAME", KEYS[1], KEYS[2])
if ARGV[1] ~= "" then redis.call("HSET", KEYS[2], "card", ARGV[1]) end
redis.call("SADD", KEYS[3], KEYS[2])
return 1
