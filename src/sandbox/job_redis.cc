#include "sandbox/job_redis.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include <rqpp/error.h>

namespace rqpp::sandbox {
namespace {

constexpr const char* kWithheld = "RQPP_WORKER_REDIS";

thread_local std::string default_url;

}  // namespace

JobRedis redis_for_jobs(const std::string& given, const redis::Settings& of_worker) {
  if (!given.empty()) {
    redis::parse_url(given);
    return {.url = given};
  }
  if (!of_worker.password.empty()) return {.withheld = redis::to_display(of_worker)};
  redis::Settings anonymous = of_worker;
  anonymous.client_name.clear();  // it is the worker's name
  return {.url = redis::to_url(anonymous)};
}

void put_into_environment(const JobRedis& jobs) {
  if (!jobs.url.empty()) ::setenv("RQ_REDIS_URL", jobs.url.c_str(), 1);
  if (!jobs.withheld.empty()) ::setenv(kWithheld, jobs.withheld.c_str(), 1);
}

DefaultUrl::DefaultUrl(std::string url) : outer_(std::exchange(default_url, std::move(url))) {}
DefaultUrl::~DefaultUrl() { default_url = std::move(outer_); }
const std::string& DefaultUrl::current() { return default_url; }

bool is_in_job(const redis::Environment& environment) {
  return environment("RQ_WORKER_ID").has_value() || environment("RQ_JOB_ID").has_value();
}

void refuse_what_is_withheld(const redis::Environment& environment) {
  const std::string withheld = environment(kWithheld).value_or("");
  if (withheld.empty()) return;
  throw ConnectionError(fmt::format(
      "the worker of this job is at {}, whose password jobs do not get: enqueue with "
      "current_job().enqueue(), name a URL, or start the worker with one for its jobs (--job-url, "
      "RQPP_JOB_REDIS_URL)",
      withheld));
}

}  // namespace rqpp::sandbox
