-- Looks at an API key and takes from its limits, in one step; a refusal takes nothing.
-- A limit is one number, the instant (microseconds) at which it is whole again; a whole one is no longer in memory.
-- KEYS: api keys, the limit of strangers at this address, then the other limits
-- ARGV: digest of the key ("" = there is none to look at), then for each limit: microseconds for one, for all, how many are wanted
-- Returns {the key's record or "", microseconds until it may be tried again: 0 = taken}
redis.set_repl(redis.REPL_NONE)  -- neither on disk nor on a replica: a limit that is whole after a restart harms nobody
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local record, first, last = "", 3, #KEYS
if ARGV[1] ~= "" then
  record = redis.call("HGET", KEYS[1], ARGV[1]) or ""
  if record == "" then first, last = 2, 2 end  -- an unknown key costs its address; a good one never pays for its neighbours
end
local whole = {}
for n = first, last do
  local at = (n - 2) * 3
  local one, all, wanted = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local before = tonumber(redis.call("GET", KEYS[n]) or 0)
  if before < now or before > now + all then before = now end  -- more than all is gone: the clock was set back
  whole[n] = before + one * wanted
  if whole[n] > now + all then return {record, math.ceil(whole[n] - now - all)} end
end
for n = first, last do
  local left = math.ceil((whole[n] - now) / 1000)
  if left > 0 then redis.call("SET", KEYS[n], string.format("%.0f", whole[n]), "PX", left) end
end
return {record, 0}
