#include "worker/meta_writes.h"

namespace rqpp::worker {

std::optional<MetaWrites::Write> MetaWrites::save(Write write) {
  Job& job = jobs_[write.saved.job_id];
  if (job.under_way == 0) {
    job.under_way = 1;
    return write;
  }
  if (job.newest) replaced_.push_back(job.newest->receipt);
  job.newest = std::move(write);
  return std::nullopt;
}

std::optional<MetaWrites::Write> MetaWrites::written(const std::string& job_id) {
  const auto found = jobs_.find(job_id);
  if (found == jobs_.end()) return std::nullopt;
  Job& job = found->second;
  if (--job.under_way > 0) return std::nullopt;
  if (job.newest) {
    job.under_way = 1;
    return std::exchange(job.newest, std::nullopt);
  }
  jobs_.erase(found);
  return std::nullopt;
}

std::optional<MetaWrites::Write> MetaWrites::end(const std::string& job_id) {
  const auto found = jobs_.find(job_id);
  if (found == jobs_.end() || !found->second.newest) return std::nullopt;
  found->second.under_way += 1;
  return std::exchange(found->second.newest, std::nullopt);
}

}  // namespace rqpp::worker
