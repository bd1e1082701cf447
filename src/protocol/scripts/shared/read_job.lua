-- The values of a job's fields, as kJobFields of job_record.h has them; a test holds the two together.
-- Or, if its key is no hash, a table with an `err`.
local function read_job(id)
  return redis.pcall('HMGET', 'rq:job:' .. id, 'data', 'status', 'origin', 'description', 'meta',
                     'timeout', 'result_ttl', 'failure_ttl', 'ttl', 'created_at', 'enqueued_at',
                     'started_at', 'ended_at', 'last_heartbeat', 'worker_name', 'exc_info',
                     'retries_left', 'retry_intervals', 'enqueue_at_front_on_retry', 'rqpp_losses',
                     'dependency_ids', 'allow_dependency_failures', 'rqpp_allow_stops',
                     'enqueue_at_front', 'group_id', 'rqpp_results', 'number_of_retries',
                     'repeats_left', 'repeat_intervals', 'rqpp_callbacks', 'success_callback_name',
                     'success_callback_timeout', 'failure_callback_name', 'failure_callback_timeout',
                     'stopped_callback_name', 'stopped_callback_timeout', 'rqpp_rate_limit',
                     'rate_limit_key', 'rate_limit_concurrency', 'webhooks')
end
