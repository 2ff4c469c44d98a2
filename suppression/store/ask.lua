-- Questions about contacts of one partition: reads the facts and appends each question, in one step.
-- A contact never seen gets the id offered with its question, so that known and unknown cost the same.
-- KEYS: questions, ids, present, then the contacts
-- ARGV: for each contact: fingerprint, who offered, card offered, the rest of the leaf
-- Returns for each contact: {question id, revision, facts}; an error where the partition was emptied: silence is never allow
if redis.call("EXISTS", KEYS[3]) == 0 then return redis.error_reply("EMPTIED this partition was emptied") end
local answers = {}
for n = 4, #KEYS do
  local at = (n - 4) * 4
  local known = redis.call("HMGET", KEYS[n], "who", "rev", "facts")
  local who, revision = known[1], known[2] or "0"
  if not who then
    who = ARGV[at + 2]
    redis.call("HSET", KEYS[n], "who", who, "card", ARGV[at + 3])
    redis.call("HSET", KEYS[2], string.match(who, "^[^:]+"), ARGV[at + 1])
  end
  local leaf = '{"who":"' .. who .. '","revision":' .. revision .. "," .. ARGV[at + 4]
  local id = redis.call("XADD", KEYS[1], "*", "leaf", leaf)
  answers[n - 3] = {id, revision, known[3] or ""}
end
return answers
