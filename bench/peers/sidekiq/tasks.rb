# The jobs of the benchmarks, for Sidekiq.

class Noop
  include Sidekiq::Worker
  def perform; end
end

class Small
  include Sidekiq::Worker
  def perform(number)
    number
  end
end

class Mark
  include Sidekiq::Worker
  def perform
    File.open(ENV['BENCH_FILE'], 'a') { |file| file.write('.') }
  end
end

class Late
  include Sidekiq::Worker
  def perform(sent)
    microseconds = (Process.clock_gettime(Process::CLOCK_REALTIME) - sent) * 1e6
    File.open(ENV['BENCH_FILE'], 'a') { |file| file.puts(format('%.1f', microseconds)) }
  end
end
