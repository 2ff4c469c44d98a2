-- Looks at API keys and takes from their limits, for each caller in turn, in one step; a refusal takes nothing.
-- A limit is one number, the instant (microseconds) at which it is whole again; a whole one is no longer in memory.
-- KEYS: api keys, then for each caller: the limit of strangers at this address, then the other limits
-- ARGV: for each caller: digest of the key ("" = there is none to look at), how many limits, then for each of them: microseconds for
--       one, for all, how many are wanted
-- Returns for each caller: {the key's record or "", microseconds until it may be tried again: 0 = taken}
redis.set_repl(redis.REPL_NONE)  -- neither on disk nor on a replica: a limit that is whole after a restart harms nobody
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]

local function take(digest, key, limits, at)
  local record, first, last = "", 1, limits - 1
  if digest ~= "" then
    record = redis.call("HGET", KEYS[1], digest) or ""
    if record == "" then first, last = 0, 0 end  -- an unknown key costs its address; a good one never pays for its neighbours
  end
  local whole = {}
  for n = first, last do
    local one, all, wanted = tonumber(ARGV[at + n * 3]), tonumber(ARGV[at + n * 3 + 1]), tonumber(ARGV[at + n * 3 + 2])
    local before = tonumber(redis.call("GET", KEYS[key + n]) or 0)
    if before < now or before > now + all then before = now end  -- more than all is gone: the clock was set back
    whole[n] = before + one * wanted
    if whole[n] > now + all then return {record, math.ceil(whole[n] - now - all)} end
  end
  for n = first, last do
    local left = math.ceil((whole[n] - now) / 1000)
    if left > 0 then redis.call("SET", KEYS[key + n], string.format("%.0f", whole[n]), "PX", left) end
  end
  return {record, 0}
end

local found, key, at = {}, 2, 1
while at < #ARGV do
  local limits = tonumber(ARGV[at + 1])
  found[#found + 1] = take(ARGV[at], key, limits, at + 2)
  key, at = key + limits, at + 2 + 3 * limits
end
return found
