#pragma once

#include <string>
#include <string_view>

namespace rqpp::doctor {

/// A name as a word of a command that somebody may copy into a shell: quoted where a shell would
/// read something into it.
std::string shell_word(std::string_view name);

}  // namespace rqpp::doctor
