-- Sends the requests of a file in turn, and prints one line of JSON. Usage: wrk -s wrk.lua URL -- FILE PAUSE
local requests, last, pause = {}, 0, 0

function init(args)
  for request in io.open(args[1], "rb"):read("*a"):gmatch("%Z+") do
    requests[#requests + 1] = request
  end
  pause = tonumber(args[2])
  if pause > 0 then
    function delay()
      return pause
    end
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "refused": %d, "broken": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
