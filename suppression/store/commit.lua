-- One change to one contact: its event, its new facts and its idempotency key, together or not at all.
-- KEYS: contact, ledger, ids, due, counts, once, present
-- ARGV: 1 revision read ("0" for a new contact), 2 who read ("" for none), 3 who, 4 card ("" = erased, "=" = as it was), 5 facts,
--       6 leaf, 7 box,
--       8 digest of the request ("" = not guarded), 9 receipt, 10 seconds the once key lives ("0" = for ever),
--       11 what to count, 12 revision made, 13 fingerprint, 14 the contact's own id if it is new ("" = not), then how many of each of:
--       15 new ids, 16 ids that end, 17 what is due from now on (instant, member), 18 what is not due any more; then all of these
-- An error where the partition was emptied: a STOP then waits in the journal, and nothing is reserved.
-- Returns {"seen", stored receipt} | {"moved"} | {"done", event id}
-- Each command called costs about a microsecond of the one processor that serves everybody: hence MGET, and one HSET for all ids.
local guarded = ARGV[8] ~= ""
local before = redis.call("MGET", KEYS[7], guarded and KEYS[6] or KEYS[7])
if not before[1] then return redis.error_reply("EMPTIED this partition was emptied") end
if guarded and before[2] then return {"seen", before[2]} end
local now = redis.call("HMGET", KEYS[1], "rev", "who")
if (now[1] or "0") ~= ARGV[1] or (now[2] or "") ~= ARGV[2] then return {"moved"} end

local id = redis.call("XADD", KEYS[2], "*", "leaf", ARGV[6], "box", ARGV[7])
if ARGV[4] == "" or ARGV[4] == "=" then
  redis.call("HSET", KEYS[1], "rev", ARGV[12], "facts", ARGV[5])
  if ARGV[4] == "" then redis.call("HDEL", KEYS[1], "who", "card") end
else
  redis.call("HSET", KEYS[1], "rev", ARGV[12], "facts", ARGV[5], "who", ARGV[3], "card", ARGV[4])
end
if guarded then
  local receipt = ARGV[8] .. "|" .. id .. "|" .. ARGV[9]
  if ARGV[10] == "0" then redis.call("SET", KEYS[6], receipt) else redis.call("SET", KEYS[6], receipt, "EX", ARGV[10]) end
end
redis.call("HINCRBY", KEYS[5], ARGV[11], 1)
local first, ids = 19, {}
if ARGV[14] ~= "" then ids = {ARGV[14], ARGV[13]} end
for n = first, first + ARGV[15] - 1 do
  local at = #ids
  ids[at + 1], ids[at + 2], ids[at + 3], ids[at + 4] = ARGV[n], ARGV[13], ARGV[n] .. "@", id
end
if ids[1] then redis.call("HSET", KEYS[3], unpack(ids)) end
first = first + ARGV[15]
for n = first, first + ARGV[16] - 1 do redis.call("HDEL", KEYS[3], ARGV[n], ARGV[n] .. "@") end
first = first + ARGV[16]
for n = first, first + 2 * ARGV[17] - 1, 2 do redis.call("ZADD", KEYS[4], ARGV[n], ARGV[n + 1]) end
first = first + 2 * ARGV[17]
for n = first, first + ARGV[18] - 1 do redis.call("ZREM", KEYS[4], ARGV[n]) end
return {"done", id}
