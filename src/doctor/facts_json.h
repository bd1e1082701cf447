#pragma once

#include <string>
#include <string_view>

#include "doctor/facts.h"

// Facts as they are kept in files: JSON with the names of the fields. What is missing has its
// default, what is not known is ignored; bytes of names that are not UTF-8 become U+FFFD.
namespace rqpp::doctor {

std::string to_json_text(const Facts& facts);
std::string to_json_text(const Sample& sample);

/// Throws DecodeError if the text is no such JSON.
Facts facts_of_json(std::string_view text);
Sample sample_of_json(std::string_view text);

}  // namespace rqpp::doctor
