#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <rqpp/value.h>

namespace rqpp::golden {

// The recorded bytes of tests/golden/rq-vectors; its README.md says what each file holds.

/// The versions of RQ that there are vectors of: `head`, `v2.10.0`, ...
const std::vector<std::string>& versions();

/// `load("head/jobs.json")`, read once and kept. Throws if the file is missing or no JSON.
const nlohmann::json& load(std::string_view path);

/// The bytes that `{"text": ...}`, `{"b64": ...}` or `{"hex": ...}` stands for.
std::string bytes_of(const nlohmann::json& dumped);

/// The value that tagged JSON stands for: `{"int": "1"}`. What is given as Python text only,
/// `{"python": "datetime.date(2026, 1, 2)"}`, is looked up in head/pickle.json.
Value value_of(const nlohmann::json& tagged);

}  // namespace rqpp::golden
