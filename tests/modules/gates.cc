// Tasks that end when a test says so.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace {

using namespace std::chrono_literals;

// Until the file exists, whoever asks to stop.
int pass(const std::string& file) {
  while (!std::filesystem::exists(file)) std::this_thread::sleep_for(2ms);
  return static_cast<int>(::getpid());
}

std::string until_stopped() {
  while (!rqpp::current_job().stop_requested()) std::this_thread::sleep_for(2ms);
  return "stopped in time";
}

std::atomic<bool> signalled{false};

// Hears of the signal in its own way.
std::string until_signalled() {
  std::signal(SIGTERM, [](int) { signalled = true; });
  while (!signalled) std::this_thread::sleep_for(2ms);
  return "half of it";
}

// Cleans up, and returns.
std::string note_stop(const std::string& file) {
  std::string until = until_stopped();
  std::ofstream(file) << until;
  return until;
}

void deaf() {
  std::signal(SIGTERM, SIG_IGN);
  for (;;) std::this_thread::sleep_for(1h);
}

std::string enqueue_and_save(const std::string& queue) {
  rqpp::CurrentJob job = rqpp::current_job();
  job.set_meta("progress", 50);
  job.save_meta();
  return job.enqueue(rqpp::call("gates.pass", "/"), {}, queue);
}

std::string enqueue_hooked(const std::string& url) {
  return rqpp::current_job().enqueue(rqpp::call("gates.pass", "/"), {.webhooks = {{.url = url}}});
}

}  // namespace

RQPP_MODULE(gates) {
  tasks.add("pass", pass);
  tasks.add("until_stopped", until_stopped);
  tasks.add("until_signalled", until_signalled);
  tasks.add("note_stop", note_stop);
  tasks.add("deaf", deaf);
  tasks.add("enqueue_and_save", enqueue_and_save);
  tasks.add("enqueue_hooked", enqueue_hooked);
}
