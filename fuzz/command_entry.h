#pragma once

#include <string>
#include <string_view>

#include <rqpp/error.h>

#include "expect.h"
#include "protocol/control.h"

namespace rqpp::fuzz {

/// The batch that sends a command.
struct SendAgain {
  redis::Batch operator()(const protocol::Shutdown&) const { return protocol::shutdown("w"); }
  redis::Batch operator()(const protocol::KillHorse&) const { return protocol::kill_horse("w"); }
  redis::Batch operator()(const protocol::StopJob& stop) const {
    return protocol::stop_job("w", stop.job_id);
  }
  redis::Batch operator()(const protocol::StopExecution& stop) const {
    return protocol::stop_execution("w", stop.job_id, stop.execution_id);
  }
};

/// A message is refused, ignored, or a command that reads the same once it is sent again.
inline void fuzz_command(std::string_view message) {
  try {
    const auto command = protocol::read_command(message);
    if (!command) return;
    const redis::Batch sent = std::visit(SendAgain{}, *command);
    const std::string again = sent.commands()[0].args[2];
    // Escaped, a text may grow sixfold, and past the limit.
    if (again.size() > message.size()) return;
    expect(protocol::read_command(again) == command, "a command that was sent is read as it was");
  } catch (const DecodeError&) {
  } catch (const InvalidArgument&) {  // a lone surrogate is read, but cannot be written
  }
}

}  // namespace rqpp::fuzz
