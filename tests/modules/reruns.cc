// Tasks that decide themselves whether they run again.
#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace {

// How many runs the job has had with this one.
int count_this_run() {
  rqpp::CurrentJob job = rqpp::current_job();
  const rqpp::Value* before = job.meta().find("runs");
  const int runs = before == nullptr ? 1 : static_cast<int>(before->as_int()) + 1;
  job.set_meta("runs", runs);
  job.save_meta();
  return runs;
}

int ask_until(int run) {
  const int runs = count_this_run();
  if (runs < run) throw rqpp::RetryLater({.max = 2}, "it is too early");
  return runs;
}

int snooze_until(int run) {
  const int runs = count_this_run();
  if (runs < run) throw rqpp::Snooze(std::chrono::seconds{0});
  return runs;
}

int fail_until(int run) {
  const int runs = count_this_run();
  if (runs < run) throw rqpp::TaskError("it is too early");
  return runs;
}

void fail_for_good() {
  count_this_run();
  throw rqpp::NonRetryable("no rerun helps");
}

}  // namespace

RQPP_MODULE(reruns) {
  tasks.add("ask_until", ask_until);
  tasks.add("snooze_until", snooze_until);
  tasks.add("fail_until", fail_until);
  tasks.add("fail_for_good", fail_for_good);
  tasks.add("count", count_this_run);
}
