#pragma once

/// Numbers of commands that docs/protocol.md promises at most; a test compares the two.
namespace rqpp::cli::stated {

inline constexpr double kEnqueue = 2;
inline constexpr double kMoreForMany = 3;  // per 100, beside one for each job
inline constexpr double kEnqueueAfter = 4;
inline constexpr double kPerParent = 2;
inline constexpr double kEnqueueUnique = 4;
inline constexpr double kClaimAndSettle = 28;
inline constexpr double kClaim = 13;
inline constexpr double kSettle = 15;
inline constexpr double kPutBack = 9;
inline constexpr double kDue = 2;
inline constexpr double kMoreForDue = 7;  // 1 per 50, and 6 per queue
inline constexpr double kRelease = 6;
inline constexpr double kMoreToRelease = 3;
inline constexpr double kResult = 4;
inline constexpr double kWait = 5;
inline constexpr double kCancel = 5;
inline constexpr double kRequeue = 8;
inline constexpr double kMoreToEmpty = 6;
inline constexpr double kCounts = 7;
inline constexpr double kIdleMinute = 2;
inline constexpr double kLease = 4;
inline constexpr double kLeaseSeconds = 4;

}  // namespace rqpp::cli::stated
