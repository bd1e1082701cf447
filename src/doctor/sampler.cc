#include "doctor/sampler.h"

#include <utility>

#include "doctor/ask_settings.h"
#include "doctor/take_sample.h"

namespace rqpp::doctor {
namespace {

redis::Settings settings_of_sampler(redis::Settings settings) {
  if (settings.client_name.empty()) settings.client_name = "rqpp-doctor";
  for (auto* limit : {&settings.connect_timeout, &settings.io_timeout}) {
    if (limit->count() == 0 || *limit > Sampler::kPatience) *limit = Sampler::kPatience;
  }
  return settings;
}

}  // namespace

Sampler::Sampler(const redis::Settings& settings) : probe_(settings_of_sampler(settings)) {}

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
