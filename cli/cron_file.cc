#include "cron_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/did_you_mean.h"
#include "codec/repr.h"
#include "duration.h"
#include "protocol/cron.h"
#include "protocol/new_job.h"
#include "scheduler/zone.h"
#include "webhook_words.h"
#include "words.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using scheduler::CronEntry;
using scheduler::CronExpression;

template <class Value>
Value one_of(std::string_view text, const std::map<std::string_view, Value>& words) {
  const auto found = words.find(text);
  if (found != words.end()) return found->second;
  std::string known;
  for (const auto& [word, value] : words)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", word);
  throw InvalidArgument(fmt::format("{} is not one of {}", codec::quoted(text), known));
}

std::chrono::seconds period(std::string_view text) {
  const std::chrono::seconds every = parse_duration(text);
  // The wait for more could not be counted.
  if (every < std::chrono::seconds{1} || every > std::chrono::hours{24} * 36'500) {
    throw InvalidArgument(
        fmt::format("{} is no period: use 1 s to 100 years", codec::quoted(text)));
  }
  return every;
}

using EntrySetting = std::function<void(CronEntry&, std::string_view, const ReadFile&)>;

std::map<std::string_view, EntrySetting> entry_settings() {
  return {
      {"run",
       [](CronEntry& entry, std::string_view text, const ReadFile& read) {
         const std::vector<std::string> words = split_words(text);
         if (words.empty()) throw InvalidArgument("it names no function");
         entry.call = parse_call(words[0], std::span(words).subspan(1), read);
       }},
      {"cron",
       [](CronEntry& entry, std::string_view text, const ReadFile&) {
         entry.expression = CronExpression::parse(text);
         entry.cron = text;
       }},
      {"every", [](CronEntry& entry, std::string_view text,
                   const ReadFile&) { entry.every = period(text); }},
  };
}

/// The one that may stand more than once.
constexpr std::string_view kWebhook = "webhook";

template <class Field>
EntrySetting duration_in(Field EnqueueOptions::*field) {
  return [field](CronEntry& entry, std::string_view text, const ReadFile&) {
    entry.options.*field = parse_duration(text);
  };
}

std::map<std::string_view, EntrySetting> common_settings() {
  return {
      {"queue",
       [](CronEntry& entry, std::string_view text, const ReadFile&) {
         protocol::check_queue_name(text);
         entry.queue = text;
       }},
      {"timezone",
       [](CronEntry& entry, std::string_view text, const ReadFile&) {
         entry.zone_name = text;
         entry.zone = scheduler::find_zone(entry.zone_name);
       }},
      {"overlap",
       [](CronEntry& entry, std::string_view text, const ReadFile&) {
         entry.overlap = one_of<scheduler::Overlap>(
             text, {{"allow", scheduler::Overlap::allow}, {"skip", scheduler::Overlap::skip}});
       }},
      {"missed",
       [](CronEntry& entry, std::string_view text, const ReadFile&) {
         entry.missed = one_of<scheduler::Missed>(text, {{"skip", scheduler::Missed::skip},
                                                         {"once", scheduler::Missed::once},
                                                         {"all", scheduler::Missed::all}});
       }},
      {"timeout", duration_in(&EnqueueOptions::timeout)},
      {"result-ttl", duration_in(&EnqueueOptions::result_ttl)},
      {"failure-ttl", duration_in(&EnqueueOptions::failure_ttl)},
      {"ttl", duration_in(&EnqueueOptions::ttl)},
      {"description", [](CronEntry& entry, std::string_view text,
                         const ReadFile&) { entry.options.description = text; }},
      {"at-front",
       [](CronEntry& entry, std::string_view text, const ReadFile&) {
         entry.options.at_front = one_of<bool>(text, {{"yes", true}, {"no", false}});
       }},
      {kWebhook, [](CronEntry& entry, std::string_view text,
                    const ReadFile&) { entry.options.webhooks.push_back(parse_webhook(text)); }},
      {"serializer",
       [](CronEntry& entry, std::string_view text, const ReadFile&) {
         entry.options.serializer =
             one_of<Serializer>(text, {{"pickle", Serializer::pickle}, {"json", Serializer::json}});
       }},
  };
}

class Parser {
 public:
  Parser(const std::string& file, const ReadFile& read) : file_(file), read_(read) {}

  void take(std::string_view line) {
    ++line_;
    line = trimmed(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') return;
    try {
      if (line.front() == '[') {
        begin_entry(line);
      } else {
        set(line);
      }
    } catch (const Error& error) {
      throw InvalidArgument(fmt::format("{}:{}: {}", file_, line_, error.what()));
    }
  }

  std::vector<CronEntry> finish() {
    end_entry();
    if (entries_.empty()) {
      throw InvalidArgument(fmt::format(
          "{}: there is no entry in it: write [name], and below it run = module.function and "
          "cron = 30 2 * * *, or every = 5m",
          file_));
    }
    return std::move(entries_);
  }

 private:
  void begin_entry(std::string_view line) {
    end_entry();
    if (line.back() != ']') throw InvalidArgument("a ']' is missing behind the entry's name");
    const std::string name(trimmed(line.substr(1, line.size() - 2)));
    if (name.empty()) throw InvalidArgument("the entry has no name");
    // The ids of their jobs must differ.
    if (!names_.insert(protocol::cron_job_id(name, {})).second) {
      throw InvalidArgument(
          fmt::format("there are two entries '{}', or names as good as equal", name));
    }
    entries_.push_back(common_);
    entries_.back().name = name;
    begun_at_ = line_;
    given_.clear();
  }

  void end_entry() const {
    if (entries_.empty()) return;
    const CronEntry& entry = entries_.back();
    const auto refuse = [this, &entry](const char* why) {
      throw InvalidArgument(fmt::format("{}:{}: [{}] {}", file_, begun_at_, entry.name, why));
    };
    if (entry.call.function.empty()) refuse("has no line run = module.function");
    const bool at_intervals = entry.every > std::chrono::seconds{0};
    if (entry.expression.has_value() == at_intervals) {
      refuse(at_intervals ? "has both cron and every: leave one out"
                          : "says not when: add cron = 30 2 * * *, or every = 5m");
    }
    try {
      protocol::new_job(entry.call, entry.options, entry.queue, Serializer::pickle, "id", Time{});
    } catch (const InvalidArgument& error) {
      refuse(error.what());
    }
  }

  void set(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      throw InvalidArgument(
          fmt::format("{} is no name = value, and no [entry]", codec::quoted(line)));
    }
    const std::string name(trimmed(line.substr(0, equals)));
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (!given_.insert(name).second && name != kWebhook)
      throw InvalidArgument(fmt::format("{} appears twice", name));
    if (const auto found = commons_.find(name); found != commons_.end()) {
      found->second(entries_.empty() ? common_ : entries_.back(), value, read_);
    } else if (const auto own = owns_.find(name); own != owns_.end()) {
      if (entries_.empty()) {
        throw InvalidArgument(fmt::format("{} belongs to an entry: write [name] above it", name));
      }
      own->second(entries_.back(), value, read_);
    } else {
      throw InvalidArgument(
          fmt::format("there is no setting '{}'.{}", name, base::did_you_mean(name, known())));
    }
  }

  std::vector<std::string> known() const {
    std::vector<std::string> names;
    for (const auto& [name, setting] : owns_) names.emplace_back(name);
    for (const auto& [name, setting] : commons_) names.emplace_back(name);
    return names;
  }

  const std::string& file_;
  const ReadFile& read_;
  const std::map<std::string_view, EntrySetting> owns_ = entry_settings();
  const std::map<std::string_view, EntrySetting> commons_ = common_settings();
  CronEntry common_{};  // what stands above the first entry
  std::vector<CronEntry> entries_{};
  std::set<std::string> names_{};
  std::set<std::string> given_{};  // in the entry at hand
  int line_ = 0;
  int begun_at_ = 0;
};

}  // namespace

std::vector<CronEntry> parse_cron_file(std::string_view text, const std::string& file,
                                       const ReadFile& read) {
  Parser parser(file, read);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    parser.take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.finish();
}

}  // namespace rqpp::cli
