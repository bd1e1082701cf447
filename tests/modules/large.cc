// Tasks that ask Redis for more than some servers take.
#include <random>
#include <string>

#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace {

/// What no compression makes smaller.
std::string text(std::size_t bytes) {
  std::minstd_rand random;
  std::string text(bytes, ' ');
  for (char& each : text) each = static_cast<char>('!' + random() % 90);
  return text;
}

void save_meta(std::size_t bytes) {
  rqpp::CurrentJob job = rqpp::current_job();
  job.set_meta("text", text(bytes));
  job.save_meta();
}

void enqueue(std::size_t bytes) {
  rqpp::current_job().enqueue(rqpp::call("horses.print", text(bytes)), {}, "later");
}

}  // namespace

RQPP_MODULE(large) {
  tasks.add("result", text);
  tasks.add("save_meta", save_meta);
  tasks.add("enqueue", enqueue);
}
