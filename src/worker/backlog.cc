#include "worker/backlog.h"

namespace rqpp::worker {

void Backlog::add(const Receipt& receipt) {
  Share& share = shares_[receipt.horse];
  share.requests += 1;
  share.bytes += receipt.bytes;
  bytes_ += receipt.bytes;
}

void Backlog::remove(const Receipt& receipt) {
  const auto found = shares_.find(receipt.horse);
  if (found == shares_.end()) return;
  found->second.requests -= 1;
  found->second.bytes -= receipt.bytes;
  bytes_ -= receipt.bytes;
  if (found->second.requests == 0) shares_.erase(found);
}

bool Backlog::may_read(int horse) const {
  const auto found = shares_.find(horse);
  if (found == shares_.end()) return true;
  return found->second.requests < kMostRequests && found->second.bytes < kMostBytes &&
         bytes_ < kMostBytesOfAll;
}

}  // namespace rqpp::worker
