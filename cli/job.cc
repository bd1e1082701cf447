#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "codec/wire_call.h"
#include "commands.h"
#include "json_text.h"
#include "moment.h"
#include "options.h"
#include "outcome.h"

#include <rqpp/error.h>
#include <rqpp/job_info.h>

namespace rqpp::cli {
namespace {

struct JobArguments {
  std::string id{};
  std::optional<std::chrono::seconds> wait{};
  bool json = false;
};

std::string period(const std::optional<std::chrono::seconds>& duration) {
  if (!duration) return {};
  return *duration == kForever ? std::string("for ever") : fmt::format("{} s", duration->count());
}

std::string number(const std::optional<std::int64_t>& count) {
  return count ? std::to_string(*count) : std::string();
}

// What cannot be decoded says why in its place: a job with such a field must be seen too.
template <class Function>
std::string or_reason(const Function& text) {
  try {
    return text();
  } catch (const DecodeError& error) {
    return fmt::format("(cannot be read: {})", error.what());
  }
}

std::string type_of(const Result& result) {
  switch (result.type) {
    case Result::Type::successful:
      return "successful";
    case Result::Type::failed:
      return "failed";
    case Result::Type::stopped:
      return "stopped";
    case Result::Type::retried:
      return "retried";
    case Result::Type::max_retries_exceeded:
      return "max_retries_exceeded";
  }
  return "unknown";
}

std::string status_of(const JobInfo& job) {
  return job.status ? std::string(to_string(*job.status)) : std::string();
}

void append_line(std::string& text, std::string_view name, const std::string& value) {
  if (!value.empty()) text += fmt::format("{:<12} {}\n", name, base::printable(value));
}

std::string text_of(const JobInfo& job) {
  std::string text;
  append_line(text, "id", job.id);
  append_line(text, "status", status_of(job));
  append_line(text, "queue", job.queue);
  append_line(text, "description", job.description);
  append_line(text, "call", or_reason([&job] { return codec::describe(job.call()); }));
  append_line(text, "worker", job.worker);
  append_line(text, "created", moment_text(job.created_at));
  append_line(text, "enqueued", moment_text(job.enqueued_at));
  append_line(text, "due", moment_text(job.due_at));
  append_line(text, "started", moment_text(job.started_at));
  append_line(text, "ended", moment_text(job.ended_at));
  append_line(text, "heartbeat", moment_text(job.last_heartbeat));
  append_line(text, "timeout", period(job.timeout));
  append_line(text, "result ttl", period(job.result_ttl));
  append_line(text, "failure ttl", period(job.failure_ttl));
  append_line(text, "ttl", period(job.ttl));
  append_line(text, "waits for", fmt::format("{}", fmt::join(job.dependency_ids, " ")));
  append_line(text, "group", job.group);
  append_line(text, "retries left", number(job.retries_left));
  append_line(text, "reruns asked", job.number_of_retries > 0 ? number(job.number_of_retries) : "");
  append_line(text, "repeats left", number(job.repeats_left));
  if (!job.rate_limit.key.empty()) {
    append_line(text, "rate limit",
                fmt::format("{} each {} s of {}", job.rate_limit.count, job.rate_limit.per.count(),
                            base::printable(job.rate_limit.key)));
  }
  if (!job.concurrency_limit.key.empty()) {
    append_line(text, "concurrency",
                fmt::format("{} at once of {}", job.concurrency_limit.jobs,
                            base::printable(job.concurrency_limit.key)));
  }
  for (const Webhook& webhook : job.webhooks) {
    append_line(
        text, "webhook",
        fmt::format("{} when {} {}", webhook.method == Webhook::Method::post ? "POST" : "GET",
                    to_string(webhook.job_status), base::printable(webhook.url)));
  }
  if (!job.serialized_meta.empty()) {
    append_line(text, "meta", or_reason([&job] { return job.meta().repr(); }));
  }
  return text;
}

std::string cost_of(const Usage& usage) {
  const auto seconds = [](std::chrono::microseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  return fmt::format("took {:.3f} s; CPU {:.3f} s user, {:.3f} s system; peak memory {:.1f} MiB",
                     seconds(usage.wall), seconds(usage.user_cpu), seconds(usage.system_cpu),
                     static_cast<double>(usage.peak_memory_bytes) / (1 << 20));
}

std::string text_of(const Result& result) {
  std::string text = fmt::format("\n{} at {}", type_of(result), moment_text(result.created_at));
  if (!result.worker.empty()) text += fmt::format(" by {}", base::printable(result.worker));
  text += '\n';
  if (result.usage) text += cost_of(*result.usage) + "\n";
  if (result.type == Result::Type::successful) {
    text += base::printable(or_reason([&result] { return result.value().repr(); })) + "\n";
  }
  if (!result.exc_info.empty()) {
    text += base::printable(result.exc_info, base::Breaks::keep);
    if (text.back() != '\n') text += '\n';
  }
  return text;
}

Json json_of(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json json_of(const std::optional<std::chrono::seconds>& duration) {
  return duration ? Json(duration->count()) : Json(nullptr);
}

Json json_of(const std::optional<std::int64_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}

// null for what is unset, and for what cannot be decoded.
template <class Function>
Json or_null(const Function& json) {
  try {
    return json();
  } catch (const DecodeError&) {
    return nullptr;
  }
}

Json json_of(const Call& call) {
  Json args = Json::array();
  for (const Value& arg : call.args) args.push_back(to_json(arg));
  Json kwargs = Json::object();
  for (const auto& [name, value] : call.kwargs) kwargs[name] = to_json(value);
  return {{"function", call.function}, {"args", args}, {"kwargs", kwargs}};
}

Json json_of(const std::optional<Usage>& usage) {
  if (!usage) return nullptr;
  return {{"wall_us", usage->wall.count()},
          {"user_us", usage->user_cpu.count()},
          {"system_us", usage->system_cpu.count()},
          {"peak_bytes", usage->peak_memory_bytes}};
}

Json json_of(const Result& result) {
  Json json{{"type", type_of(result)},
            {"created_at", moment_text(result.created_at)},
            {"worker", json_of(result.worker)},
            {"usage", json_of(result.usage)}};
  if (result.type == Result::Type::successful) {
    json["value"] = or_null([&result] { return to_json(result.value()); });
  } else {
    json["exc_info"] = json_of(result.exc_info);
  }
  return json;
}

Json json_of(const JobInfo& job) {
  return {{"id", job.id},
          {"status", json_of(status_of(job))},
          {"queue", job.queue},
          {"description", job.description},
          {"call", or_null([&job] { return json_of(job.call()); })},
          {"worker", json_of(job.worker)},
          {"created_at", json_of(moment_text(job.created_at))},
          {"enqueued_at", json_of(moment_text(job.enqueued_at))},
          {"due_at", json_of(moment_text(job.due_at))},
          {"started_at", json_of(moment_text(job.started_at))},
          {"ended_at", json_of(moment_text(job.ended_at))},
          {"last_heartbeat", json_of(moment_text(job.last_heartbeat))},
          {"timeout", json_of(job.timeout)},
          {"result_ttl", json_of(job.result_ttl)},
          {"failure_ttl", json_of(job.failure_ttl)},
          {"ttl", json_of(job.ttl)},
          {"dependency_ids", job.dependency_ids},
          {"group", json_of(job.group)},
          {"retries_left", json_of(job.retries_left)},
          {"number_of_retries", job.number_of_retries},
          {"repeats_left", json_of(job.repeats_left)},
          {"meta", or_null([&job] { return to_json(job.meta()); })}};
}

std::vector<Result> results_of(const AnyJob& job, Context& context) {
  try {
    return job.results();
  } catch (const DecodeError& error) {
    context.complain(base::printable(first_line(error.what())));
    context.exit_code = kFailed;
    return {};
  }
}

void show_job(const JobArguments& given, Context& context) {
  const Queue queue = context.queue();
  const AnyJob job = queue.job(given_word(given.id));
  const JobInfo info = job.info();
  const std::vector<Result> results = results_of(job, context);
  if (given.json) {
    Json json = json_of(info);
    json["results"] = Json::array();
    for (const Result& result : results) json["results"].push_back(json_of(result));
    context.say(to_line(json));
    return;
  }
  std::string text = text_of(info);
  for (const Result& result : results) text += text_of(result);
  context.print(text);
}

void show_result(const JobArguments& given, Context& context) {
  const Queue queue = context.queue();
  const AnyJob job = queue.job(given_word(given.id));
  const Ending ending = given.wait ? await_ending(job, *given.wait) : see_ending(job);
  if (given.json && ending.value) {
    context.say(to_line(to_json(*ending.value)));
    context.exit_code = ending.exit_code;
  } else {
    context.exit_code = say_ending(context, ending);
  }
}

CLI::App* add_about_one(CLI::App& group, Context& context, const char* name, const char* about,
                        JobArguments& given) {
  CLI::App* command = group.add_subcommand(name, about);
  command->add_option("ID", given.id, "The job's id")->required()->type_name("");
  command->add_flag("--json", given.json, "Print JSON");
  add_url(*command, context);
  return command;
}

}  // namespace

void add_job(CLI::App& app, Context& context) {
  auto* group =
      app.add_subcommand("job", "Look at jobs and decide about them: show, result, cancel, …");
  ask_for_command(*group);
  auto given = std::make_shared<JobArguments>();

  CLI::App* command = add_about_one(*group, context, "show",
                                    "All about a job, with the results of its runs", *given);
  add_examples(*command, R"(  rqpp job show 6f1e5f0c-2d3b-4a8e-9d0a-9a4fb36dd5a1
  rqpp job show my-job --json | jq .status

Exit codes: 0, 1 no Redis, 2 usage, 4 no such job.)");
  command->callback([given, &context] { show_job(*given, context); });

  command = add_about_one(*group, context, "result", "What a job returned", *given);
  add_wait(*command, [given](std::chrono::seconds limit) { given->wait = limit; });
  add_examples(*command, R"(  rqpp job result my-job
  rqpp job result my-job --wait 30s --json

Prints the value as Python text, with --json as JSON. Exit codes: 0 it returned, 1 it failed or was
canceled, 2 usage, 3 it has not ended (in time), 4 no such job.)");
  command->callback([given, &context] { show_result(*given, context); });

  add_job_control(*group, context);
}

}  // namespace rqpp::cli
