// What jobs ask of Redis while they run: their meta to be saved, calls to be enqueued.

#include <utility>

#include "protocol/once.h"
#include "protocol/transitions.h"
#include "worker/broker.h"

namespace rqpp::worker {

void Broker::save_meta(MetaWrites::Write write) {
  if (auto now = metas_.save(std::move(write))) write_meta(*std::move(now));
}

void Broker::write_meta(MetaWrites::Write write) {
  const std::string job_id = write.saved.job_id;
  write_for(
      job_id, [&] { return protocol::save_meta(job_id, write.saved.meta); },
      [this, job_id, receipt = write.receipt] {
        receipts_.push_back(receipt);
        if (auto next = metas_.written(job_id)) write_meta(*std::move(next));
      });
}

/// The end of a run must not overtake what its job saved last.
void Broker::write_last_meta(const std::string& job_id) {
  if (auto last = metas_.end(job_id)) write_meta(*std::move(last));
}

void Broker::enqueue(const std::string& job_id, const EnqueueRequest& request,
                     const Receipt& receipt) {
  constexpr std::size_t kMostNames = 10'000;  // jobs choose them
  write_for(
      job_id,
      [&] {
        redis::Batch batch;
        if (announced_queues_.size() >= kMostNames) announced_queues_.clear();
        if (announced_queues_.insert(request.job.origin).second) {
          batch = protocol::announce_queue(request.job.origin);
        }
        return std::move(batch.append(protocol::enqueue_once(
            request.job, request.at_front ? protocol::Position::front : protocol::Position::back,
            enqueued_)));
      },
      [this, receipt] { receipts_.push_back(receipt); });
}

std::vector<Receipt> Broker::take_receipts() {
  std::vector<Receipt> all = metas_.take_replaced();
  all.insert(all.end(), receipts_.begin(), receipts_.end());
  receipts_.clear();
  return all;
}

}  // namespace rqpp::worker
