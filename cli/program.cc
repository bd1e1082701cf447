#include "program.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>

#include "base/did_you_mean.h"
#include "base/printable.h"
#include "command_tree.h"
#include "commands.h"
#include "help.h"
#include "options.h"
#include "outcome.h"

#include <rqpp/error.h>
#include <rqpp/version.h>

namespace rqpp::cli {
namespace {

constexpr const char* kAbout =
    "RQ for C++: put calls of functions into Redis, and run them elsewhere.";

constexpr const char* kFooter = R"(`rqpp COMMAND --help` says more about a command.

Redis is where --url says, else RQ_REDIS_URL, REDIS_URL or REDIS_HOST, REDIS_PORT, REDIS_DB,
REDIS_USERNAME, REDIS_PASSWORD and REDIS_SSL in the environment, else redis://localhost:6379/0.
If no server listens at that default, or with the URL private:, rqpp starts a private Redis (see
`rqpp redis`); a worker that runs as a service or in a container does not. --password-file or
RQPP_PASSWORD_FILE names a file with the password.

The file of --config or RQ_CONFIG replaces these environment variables.

Exit codes: 0 done, 1 failed, 2 wrong usage; some commands have more.)";

void build(CLI::App& app, Context& context) {
  app.name("rqpp");
  app.footer(kFooter);
  app.set_version_flag("--version", "rqpp " RQPP_VERSION, "Show the version");
  app.set_help_flag("-h,--help", "Show this help");
  ask_for_command(app);
  app.formatter(std::make_shared<Help>());  // commands added from here on have it too
  add_url(app, context);
  add_worker(app, context);
  add_worker_pool(app, context);
  add_scheduler(app, context);
  add_cron(app, context);
  add_enqueue(app, context);
  add_info(app, context);
  add_top(app, context);
  add_job(app, context);
  add_workers(app, context);
  add_empty(app, context);
  add_registry(app, context);
  add_requeue(app, context);
  add_suspend(app, context);
  add_resume(app, context);
  add_redis(app, context);
  add_doctor(app, context);
  add_budget(app, context);
  add_demo(app, context);
  add_completion(app, context);
  add_man(app, context);
}

// The command that the user named, as deep as it goes: `job show`.
const CLI::App& named_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : named_command(*chosen.back());
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options_of(command)) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string unknown_word(const CLI::App& command, const std::string& word) {
  const std::string shown = base::printable(base::without_passwords(word));
  if (!word.empty() && word.front() == '-') {
    return fmt::format("there is no option '{}'.{}", shown,
                       base::did_you_mean(word.substr(0, word.find('=')), option_names(command)));
  }
  const auto known = command_names(command);
  if (known.empty()) return fmt::format("'{}' is one word too many.", shown);
  return fmt::format("there is no command '{} {}'.{}", full_name(command), shown,
                     base::did_you_mean(word, known));
}

int refuse(Context& context, const CLI::App& command, const std::string& why) {
  context.complain(fmt::format("{} See `{} --help`.", why, full_name(command)));
  return kUsage;
}

int refuse(Context& context, const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = named_command(app);
  const auto strange = app.remaining(true);
  const auto word = std::find_if(strange.begin(), strange.end(),
                                 [](const std::string& each) { return each != "--"; });
  if (word != strange.end())
    return refuse(context, command, unknown_word(command, given_word(*word)));
  std::string why = base::printable(base::without_passwords(error.what()));
  if (!why.empty() && why.back() != '.') why += '.';
  return refuse(context, command, why);
}

int run_parsed(const std::vector<std::string>& words, CLI::App& app, Context& context) {
  std::vector<std::string> given = complete_words(words);
  std::reverse(given.begin(), given.end());  // as CLI11 wants them
  try {
    app.parse(given);
  } catch (const CLI::CallForHelp&) {
    context.print(app.help());
    return kDone;
  } catch (const CLI::CallForVersion&) {
    context.say(app.version());
    return kDone;
  } catch (const CLI::ParseError& error) {
    return refuse(context, app, error);
  }
  return context.exit_code;
}

}  // namespace

int run_program(const std::vector<std::string>& words, Context& context) {
  CLI::App app(kAbout);
  build(app, context);
  try {
    return run_parsed(words, app, context);
  } catch (const InvalidArgument& error) {
    context.complain(base::printable(error.what(), base::Breaks::keep));
    return kUsage;
  } catch (const NoSuchJob& error) {
    context.complain(base::printable(error.what()));
    return kNoSuchJob;
  } catch (const TaskError& error) {
    context.complain(base::printable(first_line(error.what())));
  } catch (const std::exception& error) {
    context.complain(base::printable(error.what(), base::Breaks::keep));
  }
  return kFailed;
}

}  // namespace rqpp::cli
