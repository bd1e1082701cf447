#include <rqpp/enqueue_options.h>

#include <utility>

#include <rqpp/error.h>

namespace rqpp {

void EnqueueOptions::set_meta(std::string_view key, const Value& value) {
  Value::Pairs pairs;
  if (meta.kind() == Value::Kind::dict) {
    pairs.assign(meta.pairs().begin(), meta.pairs().end());
  } else if (!meta.is_null()) {
    throw InvalidArgument("the meta of a job must be a dict, not " + meta.type_name());
  }
  pairs.emplace_back(key, value);  // a later pair replaces an earlier one of that key
  meta = Value::dict(std::move(pairs));
}

}  // namespace rqpp
