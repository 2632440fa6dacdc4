-- wrk -s post.lua URL -- BODY [PAUSE_MS]: posts a JSON body again and again, on each connection so long after the last answer,
-- and prints what became of it as one line of JSON.
function init(args)
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
  wrk.body = args[1]
  if args[2] then
    local pause = tonumber(args[2])
    delay = function() return pause end
  end
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  -- Times are in microseconds.
  io.write(string.format(
    '{"requests":%d,"refused":%d,"failed":%d,"requestsPerSecond":%.1f,"p50ms":%.3f,"p99ms":%.3f,"maxMs":%.3f}\n',
    summary.requests, errors.status, errors.status + broken, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
