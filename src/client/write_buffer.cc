#include "client/write_buffer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rqpp::client {

WriteBuffer::WriteBuffer(std::string sender, const BufferedProducerOptions& options)
    : sender_(std::move(sender)),
      jobs_per_write_(options.jobs_per_write),
      bytes_per_write_(options.bytes_per_write),
      linger_(options.linger),
      most_jobs_(options.max_buffered_jobs),
      most_bytes_(options.max_buffered_bytes) {}

bool WriteBuffer::full() const {
  return jobs_ >= most_jobs_ || bytes_ + writer_.bytes() >= most_bytes_;
}

bool WriteBuffer::add(const protocol::JobRecord& job, Moment now) {
  const bool first = writer_.empty();
  if (first) first_ = now;
  writer_.add(job);
  ids_.push_back(job.id);
  ++jobs_;
  if (writer_.jobs() < jobs_per_write_ && writer_.bytes() < bytes_per_write_) return first;
  complete();
  return true;
}

std::int64_t WriteBuffer::close() {
  if (!writer_.empty()) complete();
  return number_;
}

void WriteBuffer::complete() {
  NumberedWrite write{.number = ++number_};
  write.batch = writer_.take_once(sender_, number_);
  write.bytes = write.batch.bytes();
  write.ids = std::exchange(ids_, {});
  bytes_ += write.bytes;
  complete_.push_back(std::move(write));
}

std::optional<WriteBuffer::Moment> WriteBuffer::due() const {
  if (!complete_.empty()) return Moment::min();
  if (!writer_.empty()) return first_ + linger_;
  return std::nullopt;
}

NumberedWrite WriteBuffer::take() {
  if (complete_.empty()) complete();
  NumberedWrite write = std::move(complete_.front());
  complete_.pop_front();
  return write;
}

void WriteBuffer::done(const NumberedWrite& write) {
  jobs_ -= write.ids.size();
  bytes_ -= write.bytes;
}

void WriteBuffer::put_back(NumberedWrite write) { complete_.push_front(std::move(write)); }

std::vector<std::string> WriteBuffer::clear() {
  close();
  std::vector<std::string> ids;
  for (NumberedWrite& write : complete_) {
    done(write);
    std::move(write.ids.begin(), write.ids.end(), std::back_inserter(ids));
  }
  complete_.clear();
  return ids;
}

}  // namespace rqpp::client
