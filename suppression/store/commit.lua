-- One change to one contact: its event, its new facts and its idempotency key, together or not at all.
-- KEYS: contact, ledger, ids, due, counts, once
-- ARGV: 1 revision read ("0" for a new contact), 2 who read ("" for none), 3 who, 4 card ("" = erased), 5 facts, 6 leaf, 7 box,
--       8 digest of the request ("" = not guarded), 9 receipt, 10 seconds the once key lives ("0" = for ever), 11 index (JSON), 12 revision made
-- Returns {"seen", stored receipt} | {"moved"} | {"done", event id}
if ARGV[8] ~= "" then
  local seen = redis.call("GET", KEYS[6])
  if seen then return {"seen", seen} end
end
local now = redis.call("HMGET", KEYS[1], "rev", "who")
if (now[1] or "0") ~= ARGV[1] or (now[2] or "") ~= ARGV[2] then return {"moved"} end

local id = redis.call("XADD", KEYS[2], "*", "leaf", ARGV[6], "box", ARGV[7])
redis.call("HSET", KEYS[1], "rev", ARGV[12], "facts", ARGV[5])
if ARGV[4] == "" then
  redis.call("HDEL", KEYS[1], "who", "card")
else
  redis.call("HSET", KEYS[1], "who", ARGV[3], "card", ARGV[4])
end
if ARGV[8] ~= "" then
  redis.call("SET", KEYS[6], ARGV[8] .. "|" .. id .. "|" .. ARGV[9])
  if ARGV[10] ~= "0" then redis.call("EXPIRE", KEYS[6], ARGV[10]) end
end
local index = cjson.decode(ARGV[11])
for name, fingerprint in pairs(index.ids or {}) do redis.call("HSET", KEYS[3], name, fingerprint, name .. "@", id) end
for _, name in ipairs(index.drop or {}) do redis.call("HDEL", KEYS[3], name, name .. "@") end
for member, instant in pairs(index.due or {}) do redis.call("ZADD", KEYS[4], instant, member) end
for _, member in ipairs(index.settled or {}) do redis.call("ZREM", KEYS[4], member) end
if index.count then redis.call("HINCRBY", KEYS[5], index.count, 1) end
if index.brand then redis.call("HINCRBY", KEYS[5], "brand:" .. index.brand, 1) end
return {"done", id}
