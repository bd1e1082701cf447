// Tasks of which the books of tests/chaos know, outside of Redis, what they did. Each appends whole
// lines to files of a folder: `runs` has `<job> <horse> <fork server>` for each run that began.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace {

/// As one write, so that lines of many processes do not mix.
void append(const std::string& file, const std::string& line) {
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool whole = ::write(out, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  ::close(out);
  if (!whole) throw rqpp::TaskError("cannot write to " + file);
}

/// Returns which run of its job this is, from 1 on.
int note_run(const std::string& folder) {
  const std::string id = rqpp::current_job().id();
  append(folder + "/runs",
         id + ' ' + std::to_string(::getpid()) + ' ' + std::to_string(::getppid()) + '\n');
  append(folder + "/runs-of-" + id, "x");
  std::ifstream count(folder + "/runs-of-" + id, std::ios::ate);
  return static_cast<int>(count.tellg());
}

std::string run(const std::string& folder, std::int64_t microseconds) {
  note_run(folder);
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  return rqpp::current_job().id();
}

std::string fail_first(const std::string& folder) {
  if (note_run(folder) == 1) throw rqpp::TaskError("the first run fails");
  return rqpp::current_job().id();
}

std::string ask_first(const std::string& folder) {
  if (note_run(folder) == 1) throw rqpp::RetryLater({.max = 1}, "the first run asks");
  return rqpp::current_job().id();
}

/// Enqueues one child, which knows of which run it is.
std::string enqueue_child(const std::string& folder, const std::string& queue) {
  note_run(folder);
  rqpp::CurrentJob job = rqpp::current_job();
  const std::string birth = job.id() + ":" + std::to_string(::getpid());
  job.enqueue(rqpp::call("chaos.child", folder, birth),
              {.result_ttl = rqpp::kForever, .description = birth}, queue);
  return job.id();
}

std::string child(const std::string& folder, const std::string& birth) {
  note_run(folder);
  append(folder + "/children", birth + ' ' + rqpp::current_job().id() + '\n');
  return rqpp::current_job().id();
}

std::string join(const std::string& folder, const std::string& parent) {
  note_run(folder);
  return parent + "+" + rqpp::current_job().id();
}

void note_callback(const std::string& folder) {
  append(folder + "/callbacks", rqpp::current_job().id() + '\n');
}

}  // namespace

RQPP_MODULE(chaos) {
  tasks.add("run", run);
  tasks.add("fail_first", fail_first);
  tasks.add("ask_first", ask_first);
  tasks.add("enqueue_child", enqueue_child);
  tasks.add("child", child);
  tasks.add("join", join);
  tasks.add("on_success",
            [] { note_callback(rqpp::current_job().meta().at("folder").as_string()); });
}
