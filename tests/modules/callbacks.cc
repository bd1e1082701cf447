// Tasks that are told how jobs ended, and the jobs that they are told of. Each line of the file
// that the job's meta names says who was told what.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace {

using namespace std::chrono_literals;

// What the job of this process left in memory.
int remembered = 0;

std::string file() { return rqpp::current_job().meta().at("file").as_string(); }

void note(const std::string& line) { std::ofstream(file(), std::ios::app) << line << '\n'; }

int remember(int number) {
  remembered = number;
  rqpp::CurrentJob job = rqpp::current_job();
  job.set_meta("saved", number);
  job.save_meta();
  return number;
}

void on_success(const rqpp::Value& result) {
  note("success " + result.repr() + " of " + rqpp::current_job().id() + ", remembered " +
       std::to_string(remembered) + ", saved " + rqpp::current_job().meta().at("saved").repr());
}

void on_failure(std::string text) {
  std::replace(text.begin(), text.end(), '\n', '|');
  note("failure " + text);
}

std::string enqueue_telling() {
  rqpp::CurrentJob job = rqpp::current_job();
  return job.enqueue(rqpp::call("callbacks.remember", 8),
                     {.meta = job.meta(), .on_success = "callbacks.on_success"});
}

void fails() { throw std::runtime_error("no pen at hand"); }

void hangs() {
  note("hangs");
  for (;;) std::this_thread::sleep_for(1h);
}

void crashes() {
  note("crashes");
  std::raise(SIGSEGV);
}

}  // namespace

RQPP_MODULE(callbacks) {
  tasks.add("remember", remember);
  tasks.add("on_success", on_success);
  tasks.add("on_failure", on_failure);
  tasks.add("told", [] { note("told"); });
  tasks.add("enqueue_telling", enqueue_telling);
  tasks.add("fails", fails);
  tasks.add("hangs", hangs);
  tasks.add("crashes", crashes);
}
