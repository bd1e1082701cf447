# A producer of Sidekiq: ruby producer.rb TASK one|bulk|paced COUNT [GAP_MICROSECONDS]
require 'json'
require 'sidekiq'
require_relative 'tasks'

Sidekiq.configure_client { |config| config.redis = { url: ENV['REDIS_URL'] } }
Sidekiq.logger.level = Logger::WARN
task, mode, count = Object.const_get(ARGV[0].capitalize), ARGV[1], ARGV[2].to_i
arguments = ARGV[0] == 'small' ? [20] : []
now = ->(clock) { Process.clock_gettime(clock) }
Sidekiq.redis(&:ping)

start = now.call(Process::CLOCK_MONOTONIC)
case mode
when 'one'
  count.times { task.perform_async(*arguments) }
when 'bulk'
  0.step(count - 1, 1000) { |done| task.perform_bulk(Array.new([1000, count - done].min) { arguments }) }
else
  count.times do
    sleep ARGV[3].to_i / 1e6
    task.perform_async(now.call(Process::CLOCK_REALTIME))
  end
end
puts JSON.dump(n: count, seconds: now.call(Process::CLOCK_MONOTONIC) - start)
