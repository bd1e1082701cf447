-- The fields that a job's hash has, {name, value, ...}. If somebody has filled it with more than any job
-- has: those that kJobFields of job_record.h names; a test holds the two together. Or, if its key is
-- no hash, a table with an `err`.
local function read_job(id)
  local page = redis.pcall('HSCAN', 'rq:job:' .. id, 0, 'COUNT', 100)
  if page.err then return page end
  if page[1] == '0' then return page[2] end
  local names = {'data', 'status', 'origin', 'description', 'meta',
                 'timeout', 'result_ttl', 'failure_ttl', 'ttl', 'created_at', 'enqueued_at',
                 'started_at', 'ended_at', 'last_heartbeat', 'worker_name', 'exc_info',
                 'retries_left', 'retry_intervals', 'enqueue_at_front_on_retry', 'rqpp_losses',
                 'dependency_ids', 'allow_dependency_failures', 'rqpp_allow_stops',
                 'enqueue_at_front', 'group_id', 'rqpp_results', 'number_of_retries',
                 'repeats_left', 'repeat_intervals', 'rqpp_callbacks', 'success_callback_name',
                 'success_callback_timeout', 'failure_callback_name', 'failure_callback_timeout',
                 'stopped_callback_name', 'stopped_callback_timeout', 'rqpp_rate_limit',
                 'rate_limit_key', 'rate_limit_concurrency', 'webhooks', 'rqpp_arguments'}
  local fields = {}
  local values = redis.pcall('HMGET', 'rq:job:' .. id, unpack(names))
  if values.err then return values end
  for i, value in ipairs(values) do
    if value then
      fields[#fields + 1] = names[i]
      fields[#fields + 1] = value
    end
  end
  return fields
end

-- The value of a field, if the job has it.
local function value_of(fields, name)
  for i = 1, #fields, 2 do
    if fields[i] == name then return fields[i + 1] end
  end
end
