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
  auto* webhook = add_repeatable(
      command, "--webhook", given.webhooks,
      "Request this URL when the job has finished, or as 'POST failed URL' says; repeatable");
  webhook->type_name("URL");
  add_repeatable(command, "--webhook-header", given.webhook_headers,
                 "Header of these requests, 'X-Key: abc'; repeatable")
      ->type_name("HEADER")
      ->needs(webhook);
  add_duration(
      command, "--webhook-timeout",
      [&given](std::chrono::seconds limit) { given.webhook_timeout = limit; },
      "Timeout of these requests. Default: 10")
      ->needs(webhook);
}

void add_time_options(CLI::App& command, EnqueueOptions& options) {
  const auto set = [](std::optional<std::chrono::seconds>& field) {
    return [&field](std::chrono::seconds value) { field = value; };
  };
  add_duration(command, "--timeout", set(options.timeout),
               "Maximum run time; -1: no limit. Default: 180");
  add_duration(command, "--result-ttl", set(options.result_ttl),
               "Time that the result is kept; -1: no limit. Default: the worker's, 500");
  add_duration(command, "--failure-ttl", set(options.failure_ttl),
               "Time that a failed job is kept; -1: no limit. Default: one year");
  add_duration(command, "--ttl", set(options.ttl),
               "Maximum time in the queue before the job expires");
}

void add_schedule_options(CLI::App& command, EnqueueArguments& given) {
  auto* in = add_duration(
      command, "--schedule-in", [&given](std::chrono::seconds delay) { given.schedule_in = delay; },
      "Delay: 10s, 5m, 2d. Needs a scheduler, see `rqpp scheduler`");
  command
      .add_option_function<std::string>(
          "--schedule-at",
          [&given](const std::string& text) { given.schedule_at = parse_moment(text); },
          "Time: 2027-01-31T18:00:00 (local), or with Z (UTC). Needs a scheduler")
      ->type_name("TIME")
      ->excludes(in);
}

void add_rerun_options(CLI::App& command, EnqueueOptions& options) {
  auto* retry =
      command
          .add_option("--retry-max", options.retry.max, "Maximum number of retries after failures")
          ->type_name("N");
  add_durations(command, "--retry-interval", options.retry.intervals,
                "Delay before a retry; repeatable, one per retry")
      ->needs(retry);
  command.add_flag("--retry-at-front", options.retry.at_front, "Retry at the front of the queue")
      ->needs(retry);
  auto* repeat =
      command.add_option("--repeat", options.repeat.times, "Number of repeats after successes")
          ->type_name("N");
  add_durations(command, "--repeat-interval", options.repeat.intervals,
                "Delay before a repeat; repeatable, the last one is used again")
      ->needs(repeat);
}

void add_options(CLI::App& command, EnqueueArguments& given) {
  command.add_option("FUNCTION", given.function, "module.function")->required()->type_name("");
  command.add_option("ARGS", given.words, "Its arguments, see below")->type_name("");
  command.add_option("-q,--queue", given.queue, "The queue's name")->capture_default_str();
  add_time_options(command, given.options);
  command.add_option("--description", given.options.description, "Description. Default: the call");
  command.add_option("--job-id", given.options.job_id,
                     "Job id: letters, digits, _ and -. Default: a UUID");
  command.add_flag("--at-front", given.options.at_front, "Put the job at the front of the queue");
  add_schedule_options(command, given);
  add_repeatable(command, "--depends-on", given.parents,
                 "Job that must have finished first; repeatable")
      ->type_name("ID");
  command.add_flag("--allow-failure", given.waiting.allow_failure,
                   "With --depends-on: failed jobs count as finished");
  add_rerun_options(command, given.options);
  command
      .add_option_function<std::string>(
          "--rate-limit",
          [&given](const std::string& text) { given.options.rate_limit = parse_rate_limit(text); },
          "Maximum runs per time of this key: api=10/1m")
      ->type_name("KEY=N/TIME");
  command
      .add_option_function<std::string>(
          "--concurrency-limit",
          [&given](const std::string& text) {
            given.options.concurrency_limit = parse_concurrency_limit(text);
          },
          "Maximum queued and running jobs of this key: licence=3")
      ->type_name("KEY=N");
  add_webhook_options(command, given);
  command.add_flag("--unique", given.options.unique, "Fail if a job with this --job-id exists");
  add_duration(
      command, "--unique-for",
      [&given](std::chrono::seconds window) { given.options.unique_for = window; },
      "Fail if the same call was enqueued with this option within this time");
  add_serializer(command, [&given](Serializer name) { given.options.serializer = name; });
  add_wait(command, [&given](std::chrono::seconds limit) { given.wait = limit; });
  command.add_flag("--quiet", given.quiet, "Do not print what was enqueued");
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
