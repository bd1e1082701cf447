#include "doctor/sampler.h"

#include <utility>

#include "doctor/ask_settings.h"
#include "doctor/take_sample.h"

namespace rqpp::doctor {

redis::Settings settings_of_watcher(redis::Settings settings, std::string_view name) {
  if (settings.client_name.empty()) settings.client_name = name;
  for (auto* limit : {&settings.connect_timeout, &settings.io_timeout}) {
    if (limit->count() == 0 || *limit > Sampler::kPatience) *limit = Sampler::kPatience;
  }
  return settings;
}

Sampler::Sampler(const redis::Settings& settings)
    : probe_(settings_of_watcher(settings, "rqpp-doctor")) {}

Server Sampler::meet() {
  Server server = read_server(ask_info(probe_));
  expect_data(server);
  server.config = ask_settings(probe_);
  return server;
}

Moment Sampler::look() {
  Sample sample = take_sample(probe_, seconds());
  return {.sample = std::move(sample), .spent = spent()};
}

Spending Sampler::spent() const {
  return {.calls = probe_.calls(), .bytes_out = probe_.bytes_out(), .bytes_in = probe_.bytes_in()};
}

}  // namespace rqpp::doctor
