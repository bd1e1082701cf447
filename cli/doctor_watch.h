#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "context.h"
#include "doctor/facts.h"
#include "doctor/recording_file.h"
#include "doctor/sampler.h"
#include "doctor/timeline.h"
#include "doctor/visit.h"

// `rqpp doctor` over time: --watch, --record, --replay and what they share.
namespace rqpp::cli {

struct WatchArguments {
  bool watch = false;
  double interval_seconds = 1;
  double speed = 1;      ///< Of a replay.
  std::string record{};  ///< A file; empty: none. So are the next two.
  std::string replay{};
  std::string report{};
};

/// Adds the options to `doctor`.
void add_watch_options(CLI::App& command, WatchArguments& given);

/// What was seen of a server, live or in a recording.
struct Watched {
  doctor::Facts facts{};
  std::vector<doctor::Reading> readings{};
  std::int64_t started = 0;  ///< Unix time at second 0 of the readings.
  std::string url{};         ///< Of the server, without its password.
};

/// Shows the server until the user ends it, or `time` is over. Throws as doctor::visit(), at the
/// first look only: later ones may fail and are tried again.
Watched watch(const WatchArguments& given, std::optional<std::chrono::milliseconds> time,
              Context& context);

/// Shows the last recording of the file; without pictures if `quietly`.
Watched replay(const WatchArguments& given, bool quietly, Context& context);

/// Looks at a server again and again, and records it if that is wanted.
class Observation {
 public:
  /// Throws as doctor::visit(), and as RecordingFile.
  Observation(const WatchArguments& given, Context& context);

  /// Throws ConnectionError or TimeoutError, after which it can be tried again; Error if the
  /// recording cannot be written.
  void look();

  std::string title() const;  ///< `redis 7.0.15 at redis://localhost:6379/0`
  const doctor::Timeline& timeline() const { return timeline_; }
  /// What the looks say; nothing else is known of the server.
  doctor::Facts facts() const;
  /// Unix time of the last look.
  double now() const;

  Watched watched() const;
  /// What was seen while somebody else visited the server: it is added to what the visit cost, and
  /// left out of the load.
  Watched watched(doctor::Facts facts);

 private:
  doctor::Opening opening_;
  doctor::Sampler sampler_;
  doctor::Spending spent_before_{};  // when it first looked
  doctor::Timeline timeline_{};
  std::optional<doctor::RecordingFile> file_{};
};

/// A wait in which the server is looked at, for doctor::VisitSurroundings. `pause` waits, and says
/// whether to go on.
void observe(Observation& observation, const WatchArguments& given, std::chrono::milliseconds time,
             const std::function<bool(std::chrono::milliseconds)>& pause);

}  // namespace rqpp::cli
