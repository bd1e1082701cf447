#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "call_words.h"
#include "codec/repr.h"
#include "codec/wire_call.h"
#include "commands.h"
#include "duration.h"
#include "json_text.h"
#include "moment.h"
#include "options.h"
#include "outcome.h"
#include "webhook_words.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

struct EnqueueArguments {
  std::string queue = "default";
  std::string function{};
  std::vector<std::string> words{};
  EnqueueOptions options{};
  std::optional<std::chrono::seconds> schedule_in{};
  std::optional<Time> schedule_at{};
  std::vector<std::string> parents{};
  DependencyOptions waiting{};
  std::optional<std::chrono::seconds> wait{};
  std::vector<std::string> webhooks{};
  std::vector<std::string> webhook_headers{};
  std::optional<std::chrono::seconds> webhook_timeout{};
  bool quiet = false;
  bool json = false;
};

/// `api=10/1m`
RateLimit parse_rate_limit(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const std::size_t equals = text.substr(0, slash).rfind('=');
  const std::string_view count = slash == std::string::npos || equals == std::string::npos
                                     ? std::string_view()
                                     : text.substr(equals + 1, slash - equals - 1);
  RateLimit limit{.key = std::string(text.substr(0, equals))};
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), limit.count);
  if (count.empty() || error != std::errc{} || end != count.data() + count.size()) {
    throw InvalidArgument(fmt::format("--rate-limit: {} is no limit: use KEY=N/TIME, api=10/1m",
                                      codec::quoted(text)));
  }
  limit.per = parse_duration(text.substr(slash + 1));
  return limit;
}

/// `licence=3`
ConcurrencyLimit parse_concurrency_limit(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  const std::string_view jobs =
      equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  ConcurrencyLimit limit{.key = std::string(text.substr(0, equals))};
  const auto [end, error] = std::from_chars(jobs.data(), jobs.data() + jobs.size(), limit.jobs);
  if (jobs.empty() || error != std::errc{} || end != jobs.data() + jobs.size()) {
    throw InvalidArgument(fmt::format("--concurrency-limit: {} is no limit: use KEY=N, licence=3",
                                      codec::quoted(text)));
  }
  return limit;
}

/// `Authorization: Bearer abc`
std::pair<std::string, std::string> parse_header(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    throw InvalidArgument(
        fmt::format("--webhook-header: {} is no header: use 'NAME: VALUE'", codec::quoted(text)));
  }
  const std::size_t value = std::min(text.find_first_not_of(' ', colon + 1), text.size());
  return {std::string(text.substr(0, colon)), std::string(text.substr(value))};
}

std::vector<Webhook> webhooks_of(const EnqueueArguments& given) {
  std::vector<Webhook> webhooks;
  for (const std::string& text : given.webhooks) {
    webhooks.push_back(parse_webhook(text));
    for (const std::string& header : given.webhook_headers) {
      webhooks.back().headers.push_back(parse_header(header));
    }
    webhooks.back().timeout = given.webhook_timeout.value_or(webhooks.back().timeout);
  }
  return webhooks;
}

void add_webhook_options(CLI::App& command, EnqueueArguments& given) {
  auto* webhook = add_repeatable(command, "--webhook", given.webhooks,
                                 "A URL that is asked for when the job has finished; 'POST failed "
                                 "URL' says otherwise. May be given many times");
  webhook->type_name("URL");
  add_repeatable(command, "--webhook-header", given.webhook_headers,
                 "A header of these requests, 'X-Key: abc'; may be given many times")
      ->type_name("HEADER")
      ->needs(webhook);
  add_duration(
      command, "--webhook-timeout",
      [&given](std::chrono::seconds limit) { given.webhook_timeout = limit; },
      "How long an answer may take. Without: 10")
      ->needs(webhook);
}

void add_time_options(CLI::App& command, EnqueueOptions& options) {
  const auto set = [](std::optional<std::chrono::seconds>& field) {
    return [&field](std::chrono::seconds value) { field = value; };
  };
  add_duration(command, "--timeout", set(options.timeout),
               "How long the job may run; -1: for ever. Without: 180");
  add_duration(command, "--result-ttl", set(options.result_ttl),
               "How long the result is kept; -1: for ever. Without: as the worker says, 500");
  add_duration(command, "--failure-ttl", set(options.failure_ttl),
               "How long a failed job is kept; -1: for ever. Without: a year");
  add_duration(command, "--ttl", set(options.ttl), "How long the job may wait in its queue");
}

void add_schedule_options(CLI::App& command, EnqueueArguments& given) {
  auto* in = add_duration(
      command, "--schedule-in", [&given](std::chrono::seconds delay) { given.schedule_in = delay; },
      "Enqueue it after so long: 10s, 5m, 2d. A scheduler does it, see `rqpp scheduler`");
  command
      .add_option_function<std::string>(
          "--schedule-at",
          [&given](const std::string& text) { given.schedule_at = parse_moment(text); },
          "Enqueue it then: 2027-01-31T18:00:00, local time, or with a Z at its end UTC")
      ->type_name("TIME")
      ->excludes(in);
}

void add_rerun_options(CLI::App& command, EnqueueOptions& options) {
  auto* retry =
      command
          .add_option("--retry-max", options.retry.max, "How often it runs again after failures")
          ->type_name("N");
  add_durations(command, "--retry-interval", options.retry.intervals,
                "How long it waits before that; may be given many times")
      ->needs(retry);
  command.add_flag("--retry-at-front", options.retry.at_front, "Then before all that wait")
      ->needs(retry);
  auto* repeat =
      command
          .add_option("--repeat", options.repeat.times, "How often it runs again after successes")
          ->type_name("N");
  add_durations(command, "--repeat-interval", options.repeat.intervals,
                "How long it waits before that; may be given many times, the last one repeats")
      ->needs(repeat);
}

void add_options(CLI::App& command, EnqueueArguments& given) {
  command.add_option("FUNCTION", given.function, "module.function")->required()->type_name("");
  command.add_option("ARGS", given.words, "Its arguments, see below")->type_name("");
  command.add_option("-q,--queue", given.queue, "The queue's name")->capture_default_str();
  add_time_options(command, given.options);
  command.add_option("--description", given.options.description, "For people; else the call");
  command.add_option("--job-id", given.options.job_id, "Letters, digits, _ and -; else a UUID");
  command.add_flag("--at-front", given.options.at_front, "Before all that wait in the queue");
  add_schedule_options(command, given);
  add_repeatable(command, "--depends-on", given.parents,
                 "A job that must have returned before; repeat it for more")
      ->type_name("ID");
  command.add_flag("--allow-failure", given.waiting.allow_failure,
                   "With --depends-on: or have failed");
  add_rerun_options(command, given.options);
  command
      .add_option_function<std::string>(
          "--rate-limit",
          [&given](const std::string& text) { given.options.rate_limit = parse_rate_limit(text); },
          "So many runs with this key within a time: api=10/1m")
      ->type_name("KEY=N/TIME");
  command
      .add_option_function<std::string>(
          "--concurrency-limit",
          [&given](const std::string& text) {
            given.options.concurrency_limit = parse_concurrency_limit(text);
          },
          "So many jobs with this key queued or running at once: licence=3")
      ->type_name("KEY=N");
  add_webhook_options(command, given);
  command.add_flag("--unique", given.options.unique, "Only if there is no job of this --job-id");
  add_duration(
      command, "--unique-for",
      [&given](std::chrono::seconds window) { given.options.unique_for = window; },
      "Only if the same call was not enqueued within this time, with this option");
  add_serializer(command, [&given](Serializer name) { given.options.serializer = name; });
  add_wait(command, [&given](std::chrono::seconds limit) { given.wait = limit; });
  command.add_flag("--quiet", given.quiet, "Do not say what was enqueued");
  command.add_flag("--json", given.json, "Print one JSON object");
}

AnyJob put(const EnqueueArguments& given, const Call& call, Queue& queue) {
  EnqueueOptions options = given.options;
  options.depends_on = Dependency(given.parents, given.waiting);
  options.webhooks = webhooks_of(given);
  if (given.schedule_at) return queue.enqueue_at(*given.schedule_at, call, options);
  if (given.schedule_in) return queue.enqueue_in(*given.schedule_in, call, options);
  return queue.enqueue(call, options);
}

void enqueue(const EnqueueArguments& given, Context& context) {
  const Call call = parse_call(given_word(given.function), given_words(given.words), read_file);
  Queue queue = context.queue(given.queue);
  const AnyJob job = put(given, call, queue);

  Json told{{"id", job.id()}, {"queue", given.queue}, {"call", codec::describe(call)}};
  if (!given.json && !given.quiet) {
    context.print(fmt::format("Enqueued {} with job-id '{}'.\n",
                              base::printable(codec::describe(call)), job.id()));
  }
  if (given.wait) {
    const Ending ending = await_ending(job, *given.wait);
    context.exit_code = given.json ? add_ending(told, ending) : say_ending(context, ending);
  }
  if (given.json) context.say(to_line(told));
}

}  // namespace

void add_enqueue(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("enqueue", "Put a call of a function into a queue");
  auto given = std::make_shared<EnqueueArguments>();
  add_options(*command, *given);
  add_url(*command, context);
  add_examples(*command, R"(  rqpp enqueue fib.slow_fib :20
  rqpp enqueue fib.slow_fib :33 --wait 1m            and print the result
  rqpp enqueue mail.remind ann --schedule-in 2h
  rqpp enqueue mail.send :7 --retry-max 3 --retry-interval 10s --retry-interval 5m
  rqpp enqueue media.cut clip-7 --webhook 'POST failed https://example.com/alarm'
  rqpp enqueue reports.build 'May 2026' draft:=true tags%='("a", b"\x00")' body=@letter.txt

Arguments, as in RQ:
  text, key=text           text
  :json, key:=json         JSON
  %literal, key%=literal   a Python literal: %(1, 2.5), %b"bytes", %None
  @file in place of a value reads it from the file; words that begin with - stand behind --.

Exit codes: 0 enqueued (and with --wait: the job returned), 1 the job or the command failed,
2 wrong usage, 3 the job has not ended in time, 4 the job is gone.)");
  command->callback([given, &context] { enqueue(*given, context); });
}

}  // namespace rqpp::cli
