#pragma once

#include <string>
#include <string_view>

#include <rqpp/enqueue_options.h>
#include <rqpp/value.h>

namespace rqpp::codec {

/// A job's meta as its task sees it: a dict. Of meta that nobody here can read (a class of Python,
/// or no dict) the bytes stand in it as `unserialized`, as in RQ 3 (`Job.restore`): a task that
/// sets an entry loses none of it. JSON has no bytes; there they are the text that Python shows.
Value read_meta(std::string_view serialized, Serializer serializer);

/// The meta to store where `before` is stored: `before` itself if the task changed nothing of what
/// could not be read. Throws InvalidArgument.
std::string write_meta(const Value& meta, std::string_view before, Serializer serializer);

}  // namespace rqpp::codec
