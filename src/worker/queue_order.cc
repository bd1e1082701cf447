#include "worker/queue_order.h"

#include <algorithm>
#include <utility>

namespace rqpp::worker {

QueueOrder::QueueOrder(DequeueStrategy strategy, std::vector<std::string> queues,
                       std::vector<int> weights, std::uint32_t seed)
    : strategy_(strategy), random_(seed) {
  weights.resize(queues.size(), 1);
  for (std::size_t i = 0; i < queues.size(); ++i) {
    entries_.push_back({.queue = std::move(queues[i]), .weight = weights[i]});
    sum_ += weights[i];
  }
}

std::vector<std::string> QueueOrder::next() {
  if (strategy_ == DequeueStrategy::random) {
    std::shuffle(entries_.begin(), entries_.end(), random_);
  } else if (strategy_ == DequeueStrategy::weighted) {
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.credit + a.weight > b.credit + b.weight;
    });
  }
  std::vector<std::string> order;
  order.reserve(entries_.size());
  for (const Entry& entry : entries_) order.push_back(entry.queue);
  return order;
}

void QueueOrder::served(const std::string& queue) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&queue](const Entry& entry) { return entry.queue == queue; });
  if (found == entries_.end()) return;
  if (strategy_ == DequeueStrategy::round_robin) {
    std::rotate(entries_.begin(), found + 1, entries_.end());
  } else if (strategy_ == DequeueStrategy::weighted) {
    found->credit -= sum_;
    for (Entry& entry : entries_) {
      entry.credit = std::clamp(entry.credit + entry.weight, -sum_, sum_);
    }
  }
}

}  // namespace rqpp::worker
