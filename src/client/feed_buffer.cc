#include "client/feed_buffer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rqpp::client {

FeedBuffer::FeedBuffer(std::string feeder, const FeederOptions& options)
    : feeder_(std::move(feeder)),
      jobs_per_write_(options.jobs_per_write),
      bytes_per_write_(options.bytes_per_write),
      delay_(options.delay),
      most_jobs_(options.most_jobs),
      most_bytes_(options.most_bytes) {}

bool FeedBuffer::full() const {
  return jobs_ >= most_jobs_ || bytes_ + writer_.bytes() >= most_bytes_;
}

bool FeedBuffer::add(const protocol::JobRecord& job, Moment now) {
  const bool first = writer_.empty();
  if (first) first_ = now;
  writer_.add(job);
  ids_.push_back(job.id);
  ++jobs_;
  if (writer_.jobs() < jobs_per_write_ && writer_.bytes() < bytes_per_write_) return first;
  complete();
  return true;
}

std::int64_t FeedBuffer::close() {
  if (!writer_.empty()) complete();
  return number_;
}

void FeedBuffer::complete() {
  FeedWrite write{.number = ++number_};
  write.batch = writer_.take_once(feeder_, number_);
  write.bytes = write.batch.bytes();
  write.ids = std::exchange(ids_, {});
  bytes_ += write.bytes;
  complete_.push_back(std::move(write));
}

std::optional<FeedBuffer::Moment> FeedBuffer::due() const {
  if (!complete_.empty()) return Moment::min();
  if (!writer_.empty()) return first_ + delay_;
  return std::nullopt;
}

FeedWrite FeedBuffer::take() {
  if (complete_.empty()) complete();
  FeedWrite write = std::move(complete_.front());
  complete_.pop_front();
  return write;
}

void FeedBuffer::done(const FeedWrite& write) {
  jobs_ -= write.ids.size();
  bytes_ -= write.bytes;
}

void FeedBuffer::put_back(FeedWrite write) { complete_.push_front(std::move(write)); }

std::vector<std::string> FeedBuffer::clear() {
  close();
  std::vector<std::string> ids;
  for (FeedWrite& write : complete_) {
    done(write);
    std::move(write.ids.begin(), write.ids.end(), std::back_inserter(ids));
  }
  complete_.clear();
  return ids;
}

}  // namespace rqpp::client
