#include "in_memory/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace rqpp::in_memory {
namespace {

using Id = Stream::Id;

redis::Reply entry_reply(const Stream::Entry& entry) {
  return array({text(fmt::format("{}-{}", entry.id.ms, entry.id.sequence)), texts(entry.fields)});
}

/// `-`, `+`, `1526919030474` or `1526919030474-55`; without a sequence the one given.
Id read_id(std::string_view word, std::uint64_t sequence) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (word == "-") return {};
  if (word == "+") return {.ms = kMost, .sequence = kMost};
  const std::size_t dash = word.find('-');
  const auto ms = static_cast<std::uint64_t>(integer(word.substr(0, dash)));
  if (dash == std::string_view::npos) return {.ms = ms, .sequence = sequence};
  return {.ms = ms, .sequence = static_cast<std::uint64_t>(integer(word.substr(dash + 1)))};
}

redis::Reply add(Keyspace& keys, Words words) {
  std::size_t i = 2;
  std::optional<std::size_t> most;
  if (upper(words[i]) == "MAXLEN") {
    ++i;
    // Redis trims whole nodes of a hundred entries then, so as a rule nothing.
    const bool about = words[i] == "~";
    if (about) ++i;
    if (i >= words.size()) throw Refusal{"ERR syntax error"};
    const std::int64_t count = integer(words[i++]);
    most = static_cast<std::size_t>(about ? std::max<std::int64_t>(count, 100) : count);
  }
  if (i >= words.size() || words[i] != "*") refuse_option("XADD", i < words.size() ? words[i] : "");
  const Words fields = words.subspan(i + 1);
  if (fields.empty() || fields.size() % 2 != 0) {
    throw Refusal{"ERR wrong number of arguments for 'xadd' command"};
  }
  Stream& stream = keys.at<Stream>(words[1]);
  Id id{.ms = static_cast<std::uint64_t>(
            std::chrono::floor<std::chrono::milliseconds>(keys.now().time_since_epoch()).count())};
  if (id <= stream.last && !stream.entries.empty()) {
    id = {.ms = stream.last.ms, .sequence = stream.last.sequence + 1};
  }
  stream.last = id;
  stream.entries.push_back({id, {fields.begin(), fields.end()}});
  while (most && stream.entries.size() > *most) stream.entries.erase(stream.entries.begin());
  return text(fmt::format("{}-{}", id.ms, id.sequence));
}

std::vector<redis::Reply> between(Keyspace& keys, const std::string& key, Id first, Id last) {
  std::vector<redis::Reply> found;
  if (const Stream* stream = keys.find<Stream>(key)) {
    for (const Stream::Entry& entry : stream->entries) {
      if (entry.id >= first && entry.id <= last) found.push_back(entry_reply(entry));
    }
  }
  return found;
}

template <bool down>
redis::Reply range(Keyspace& keys, Words words) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  auto found =
      between(keys, words[1], read_id(words[down ? 3 : 2], 0), read_id(words[down ? 2 : 3], kMost));
  if (down) std::reverse(found.begin(), found.end());
  if (words.size() > 4) {
    if (upper(words[4]) != "COUNT" || words.size() != 6) refuse_option(words[0], words[4]);
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(integer(words[5]), 0));
    if (found.size() > count) found.resize(count);
  }
  return array(std::move(found));
}

/// Never blocks: what is not there is nil at once.
redis::Reply read(Keyspace& keys, Words words) {
  std::size_t most = std::numeric_limits<std::size_t>::max();
  std::size_t i = 1;
  for (; i + 1 < words.size() && upper(words[i]) != "STREAMS"; i += 2) {
    const std::string option = upper(words[i]);
    if (option == "COUNT") {
      most = static_cast<std::size_t>(integer(words[i + 1]));
    } else if (option != "BLOCK") {
      refuse_option("XREAD", words[i]);
    }
  }
  if (i + 3 != words.size()) refuse_option("XREAD", "several streams");
  Id after = read_id(words[i + 2], 0);
  ++after.sequence;
  auto found = between(keys, words[i + 1], after, read_id("+", 0));
  if (found.empty()) return nil();
  if (found.size() > most) found.resize(most);
  return array({array({text(words[i + 1]), array(std::move(found))})});
}

redis::Reply length(Keyspace& keys, Words words) {
  const Stream* stream = keys.find<Stream>(words[1]);
  return number(stream == nullptr ? 0 : static_cast<std::int64_t>(stream->entries.size()));
}

}  // namespace

const CommandTable& stream_commands() {
  static const CommandTable table{
      {"XADD", {5, add}},   {"XLEN", {2, length}},           {"XRANGE", {4, range<false>}},
      {"XREAD", {4, read}}, {"XREVRANGE", {4, range<true>}},
  };
  return table;
}

}  // namespace rqpp::in_memory
