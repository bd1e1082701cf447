#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "doctor/facts.h"
#include "doctor/sample.h"

// INFO is text that a server, or whoever stands in for one, wrote: any bytes are taken, lines that
// make no sense are left out, and no more than kMostInfoFields are kept.
namespace rqpp::doctor {

inline constexpr std::size_t kMostInfoFields = 4'000;

/// The lines `name:value` of INFO, of any sections.
using InfoFields = std::map<std::string, std::string>;
InfoFields parse_info(std::string_view text);

/// `calls=1,usec=2,…` by name.
std::map<std::string, std::string> parse_pairs(std::string_view text);

/// A whole number; nothing if it is none, or beyond 64 bits.
std::optional<std::int64_t> parse_whole(std::string_view text);
/// A finite decimal number; nothing if it is none.
std::optional<double> parse_decimal(std::string_view text);

/// What changes. `db` is the database whose keys are counted.
Sample read_sample(const InfoFields& info, double at_seconds, int db);
/// What stays; without `config`.
Server read_server(const InfoFields& info);
/// From the section latencystats.
std::map<std::string, Percentiles> read_latencies(const InfoFields& info);

}  // namespace rqpp::doctor
