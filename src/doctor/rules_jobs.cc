#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "doctor/quantities.h"
#include "doctor/rules.h"
#include "doctor/shell_word.h"
#include "doctor/thresholds.h"

namespace rqpp::doctor {
namespace {

constexpr std::size_t kMostNamed = 5;

template <class Items>
std::int64_t size_of(const Items& items) {
  return static_cast<std::int64_t>(items.size());
}

void name_some(const std::vector<std::string>& names, std::vector<std::string>& offenders) {
  for (const std::string& name : names) {
    if (offenders.size() == kMostNamed) {
      offenders.push_back(fmt::format("and {} more", names.size() - kMostNamed));
      return;
    }
    offenders.push_back(name);
  }
}

std::string cure_of_growth(const QueueFacts& queue) {
  const std::string name = shell_word(queue.name);
  if (queue.workers == 0) {
    return fmt::format(
        "`rqpp worker {0}`; or, if nobody wants the jobs, `rqpp empty {0}`, and stop who enqueues "
        "them.",
        name);
  }
  return fmt::format(
      "More workers (`rqpp worker-pool {} -n 8`), or fewer jobs: unique ones (`unique_for`), a "
      "rate "
      "limit, a producer that waits while `LLEN rq:queue:{}` is too long.",
      name, queue.name);
}

void find_growth(const QueueFacts& queue, const Load& load, Findings& findings) {
  if (!(load.seconds > 0)) return;
  const double more =
      static_cast<double>(queue.length_after) - static_cast<double>(queue.length_before);
  const double per_second = more / load.seconds;
  if (per_second < kGrowthRate) return;
  const bool alone = queue.workers == 0;
  Finding finding{.id = "queue-grows",
                  .severity = Severity::note,
                  .subject = queue.name,
                  .per_second = per_second,
                  .offenders = {"rq:queue:" + queue.name},
                  .cure = cure_of_growth(queue)};
  if (alone || queue.length_after >= kLongQueue) finding.severity = Severity::warning;
  finding.title = fmt::format("Queue {} grows by {} jobs per second, to {} now; {}", queue.name,
                              rate_text(per_second), count_text(queue.length_after),
                              alone ? std::string("no worker listens to it")
                                    : counted(queue.workers, "worker") + " cannot keep up");
  finding.why = alone ? "Nobody runs these jobs, and they fill the memory."
                      : "More comes in than is done: each job waits longer than the one before.";
  findings.push_back(std::move(finding));
}

void find_stuck(const QueueFacts& queue, Findings& findings) {
  if (queue.stuck.empty()) return;
  Finding finding{
      .id = "stuck-jobs",
      .severity = Severity::warning,
      .subject = queue.name,
      .title = fmt::format("{} stuck between queue {} and its workers",
                           counted(size_of(queue.stuck), "job"), queue.name),
      .why =
          fmt::format("A worker of RQ took them into rq:queue:{}:intermediate and died before it "
                      "began.",
                      queue.name),
      .cure = fmt::format("A running worker finds them within some ten minutes: `rqpp worker {}`. "
                          "`rqpp doctor --repair`, said twice a minute apart, puts them back.",
                          shell_word(queue.name)),
      .repair =
          fmt::format("move each back to the front of rq:queue:{}, if it has no run and was seen "
                      "there a minute ago",
                      queue.name)};
  name_some(queue.stuck, finding.offenders);
  findings.push_back(std::move(finding));
}

void find_abandoned(const QueueFacts& queue, Findings& findings) {
  if (queue.abandoned <= 0) return;
  findings.push_back(
      {.id = "abandoned-runs",
       .severity = Severity::warning,
       .subject = queue.name,
       .title = fmt::format("{} of queue {} abandoned for {} or longer",
                            counted(queue.abandoned, "run"), queue.name, age_text(kAbandonedFor)),
       .offenders = {"rq:wip:" + queue.name},
       .why = "Their workers are gone, and nobody has retried or failed these jobs: no worker with "
              "maintenance listens to the queue.",
       .cure = fmt::format("`rqpp worker {} --burst`, or any worker: it cleans up when it starts.",
                           shell_word(queue.name))});
}

void find_unscheduled(const QueueFacts& queue, Findings& findings) {
  if (queue.scheduled <= 0 || queue.has_scheduler) return;
  findings.push_back(
      {.id = "nobody-schedules",
       .severity = Severity::warning,
       .subject = queue.name,
       .title = fmt::format(
           "{} of queue {} for a time, and no scheduler serves it",
           queue.scheduled == 1 ? "1 job waits" : count_text(queue.scheduled) + " jobs wait",
           queue.name),
       .offenders = {"rq:scheduled:" + queue.name},
       .why = "Scheduled jobs and retries with an interval wait there until a scheduler enqueues "
              "them; a worker without one does not.",
       .cure = fmt::format("`rqpp scheduler {0}`, or `rqpp worker {0} --with-scheduler`.",
                           shell_word(queue.name))});
}

void find_kept(const QueueFacts& queue, Findings& findings) {
  const auto tell = [&](std::int64_t count, const char* registry, const char* cure) {
    if (count < kManyKept) return;
    findings.push_back({.id = "long-registry",
                        .severity = Severity::note,
                        .subject = fmt::format("rq:{}:{}", registry, queue.name),
                        .title = fmt::format("{} {} jobs of queue {} are kept", count_text(count),
                                             registry, queue.name),
                        .offenders = {fmt::format("rq:{}:{}", registry, queue.name)},
                        .why =
                            "Each keeps its hash and its arguments in memory, and RQ's own tools "
                            "read the whole list at once.",
                        .cure = fmt::format(fmt::runtime(cure), shell_word(queue.name))});
  };
  tell(
      queue.failed, "failed",
      "`rqpp registry list failed --queue {0}` shows them, `rqpp registry delete failed --queue "
      "{0} "
      "--older-than 30d` deletes the old ones. Give jobs a failure_ttl: RQ keeps them for a year.");
  tell(queue.canceled, "canceled",
       "`rqpp registry delete canceled --queue {} --all` deletes them; RQ keeps them for ever, "
       "workers of rqpp for a year.");
  tell(queue.finished, "finished",
       "A shorter result_ttl for the jobs of {}: they are kept until then.");
}

void find_dead_workers(const RqFacts& rq, Findings& findings) {
  if (rq.dead_workers.empty()) return;
  Finding finding{
      .id = "dead-workers",
      .severity = Severity::warning,
      .subject = "rq:workers",
      .title = fmt::format("Dead workers: {} of {} that are registered",
                           count_text(size_of(rq.dead_workers)), count_text(rq.workers_looked_at)),
      .why =
          "They ended without saying goodbye. RQ's tools ask Redis for each of them, one by one.",
      .cure = "`rqpp doctor --repair`. Workers of rqpp do it as well, at their maintenance.",
      .repair = "remove names without a hash from rq:workers and from rq:workers:<queue>"};
  name_some(rq.dead_workers, finding.offenders);
  findings.push_back(std::move(finding));
}

void find_broken(const RqFacts& rq, Findings& findings) {
  if (rq.broken.empty()) return;
  Finding finding{
      .id = "broken-jobs",
      .severity = Severity::warning,
      .subject = "rq:job:*",
      .title = fmt::format("Jobs that cannot be read: {} of {} that were looked at",
                           count_text(size_of(rq.broken)), count_text(rq.jobs_looked_at)),
      .why =
          "A worker of Python that meets such a hash ends, and so does the next one; a scheduler "
          "of Python stops for good. Workers of rqpp fail the job and go on.",
      .cure = "`rqpp job delete ID`, and find who writes these hashes: only RQ and rqpp should."};
  std::vector<std::string> lines;
  for (const BrokenJob& job : rq.broken) lines.push_back(fmt::format("{}: {}", job.id, job.what));
  name_some(lines, finding.offenders);
  findings.push_back(std::move(finding));
}

struct LeakWords {
  Leak::Kind kind = Leak::Kind::result;
  const char* id = "";
  const char* title = "";
  const char* why = "";
  const char* cure = "";
  const char* repair = "";
};

constexpr LeakWords kLeakWords[] = {
    {Leak::Kind::result, "results-for-ever", "Results that would outlive their jobs for ever: {}",
     "RQ gives the results of failed jobs no time to live, and deletes none with its job.",
     "Give jobs a failure_ttl, with which RQ lets the result expire. `rqpp doctor --repair` for "
     "those "
     "that are there; workers of rqpp take them away with the job.",
     "let each expire with its job, or in a day if the job is gone"},
    {Leak::Kind::execution, "runs-for-ever", "Keys of runs that never expire: {}",
     "They belong to runs that ended or were killed; without a time to live they stay.",
     "`rqpp doctor --repair`. Something other than RQ removed their time to live: PERSIST, or a "
     "restore.",
     "let each expire in an hour, if it still does not"},
    {Leak::Kind::ghost, "ghost-jobs", "Hashes that are left of deleted jobs: {}",
     "Something was written to the job after it was deleted: a hash without its call, which nobody "
     "can "
     "run and which lists of RQ stumble over.",
     "`rqpp doctor --repair`. Workers of rqpp leave none behind; RQ's do.",
     "let each expire in an hour, if it still has no call and no time to live"}};

void find_leaks(const RqFacts& rq, Findings& findings) {
  for (const LeakWords& words : kLeakWords) {
    std::vector<std::string> keys;
    for (const Leak& leak : rq.leaks) {
      if (leak.kind == words.kind) keys.push_back(leak.key);
    }
    if (keys.empty()) continue;
    Finding finding{.id = words.id,
                    .severity = Severity::warning,
                    .subject = keys.front().substr(0, keys.front().find(':', 3)) + ":*",
                    .title = fmt::format(fmt::runtime(words.title), count_text(size_of(keys))),
                    .why = words.why,
                    .cure = words.cure,
                    .repair = words.repair};
    name_some(keys, finding.offenders);
    findings.push_back(std::move(finding));
  }
}

}  // namespace

void find_about_jobs(const Facts& facts, const Load& load, Findings& findings) {
  if (!facts.rq) return;
  for (const QueueFacts& queue : facts.rq->queues) {
    find_growth(queue, load, findings);
    find_stuck(queue, findings);
    find_abandoned(queue, findings);
    find_unscheduled(queue, findings);
    find_kept(queue, findings);
  }
  find_dead_workers(*facts.rq, findings);
  find_broken(*facts.rq, findings);
  find_leaks(*facts.rq, findings);
}

}  // namespace rqpp::doctor
