#pragma once

#include <cstdint>

// From where on the doctor speaks. docs/doctor.md has the same numbers in its table of findings.
// `core` is a share of one core, which is all that Redis has for commands.
namespace rqpp::doctor {

// Commands whose cost grows with the data, and scripts.
inline constexpr double kLongCallUsec = 50;  ///< Shorter calls have little data before them.
inline constexpr double kCostlyNoteUsec = 200;
inline constexpr double kCostlyWarningUsec = 1'000;  ///< Blocks everybody for so long, each time.
inline constexpr double kCostlyWarningCore = 0.02;
inline constexpr double kCostlyCriticalCore = 0.20;
inline constexpr double kCostlyLeastCore = 0.005;  ///< For kCostlyWarningUsec: not just once.
inline constexpr double kCostlyOnceUsec = 20'000;  ///< Once is enough.
inline constexpr double kScriptNoteUsec = 250;
inline constexpr double kScriptNoteCore = 0.10;
inline constexpr double kScriptWarningUsec = 1'000;
inline constexpr double kScriptWarningCore = 0.02;
inline constexpr double kScriptCriticalCore = 0.25;

// The slow log and LATENCY.
inline constexpr std::int64_t kSlowLogAge = 3'600;  ///< Seconds; older entries are history.
inline constexpr std::int64_t kSlowWarningUsec = 10'000;
inline constexpr std::int64_t kSlowWarningCalls = 3;
inline constexpr std::int64_t kSlowOnceUsec = 100'000;  ///< Once is enough.
inline constexpr std::int64_t kLatencyWarningMs = 500;
inline constexpr std::int64_t kLatencyNoteMs = 100;

// Small commands, many of them.
inline constexpr double kFloodRate = 2'000;  ///< Per second.
inline constexpr double kFloodWarningCore = 0.05;
inline constexpr double kFloodCriticalCore = 0.25;
inline constexpr double kReadFloodCore = 0.25;  ///< Of GET and HGET, which are what Redis is for.
inline constexpr double kMissedReads = 0.5;     ///< More of them find nothing: they check ids.
inline constexpr double kLengthFloodRate = 1'000;
inline constexpr double kEmptyPopsNote = 20;  ///< Per second.
inline constexpr double kEmptyPopsWarning = 200;
inline constexpr double kChatterReads = 5'000;  ///< Per second.
inline constexpr double kChatterCommandsPerRead = 1.5;
inline constexpr double kChatterWarningIo = 0.20;  ///< Of a core.
inline constexpr double kChatterCriticalCpu = 0.80;
inline constexpr double kChurnNote = 10;  ///< Connections per second.
inline constexpr double kChurnWarning = 50;
inline constexpr double kErrorsNote = 10;  ///< Per second.
inline constexpr double kErrorsWarning = 100;
inline constexpr double kClientsWarning = 0.9;  ///< Of maxclients.
inline constexpr std::int64_t kOutputBytes = 64'000'000;

// Keys.
inline constexpr std::int64_t kBigCollection =
    100'000;  ///< Members of a set, a hash, a sorted set.
inline constexpr std::int64_t kBigSequence = 1'000'000;  ///< Elements of a list, a stream.
inline constexpr std::int64_t kBigBytes = 10'000'000;
inline constexpr double kLeastKeysOfGroup = 100;  ///< In the database, by estimate.
inline constexpr double kMixedExpiry = 0.1;       ///< Both kinds have at least this share.
inline constexpr double kManyResults = 10'000;    ///< Streams of results, by estimate.
inline constexpr std::int64_t kStreamNodeBytes = 512;

// Memory.
inline constexpr double kMemoryWarning = 0.80;  ///< Of maxmemory.
inline constexpr double kMemoryCritical = 0.95;
inline constexpr double kFragmented = 1.5;
inline constexpr double kSwapped = 0.9;
inline constexpr std::int64_t kFragmentedBytes = 200'000'000;

// Queues.
inline constexpr double kGrowthRate = 1;  ///< Jobs per second.
inline constexpr std::int64_t kLongQueue = 10'000;
inline constexpr std::int64_t kShortList =
    1'000;  ///< A list that is no queue of RQ's may grow to this.
inline constexpr std::int64_t kAbandonedFor = 300;  ///< Seconds.
inline constexpr std::int64_t kManyKept = 100'000;  ///< Ids in a registry that nobody trims.

// The visit.
inline constexpr double kTooBusyToMonitor = 0.50;  ///< Of a core.

}  // namespace rqpp::doctor
