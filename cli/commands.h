#pragma once

#include <CLI/CLI.hpp>

#include "context.h"

// One function per command: it adds the command to the program, with a callback that runs it.
namespace rqpp::cli {

void add_worker(CLI::App& app, Context& context);
void add_worker_pool(CLI::App& app, Context& context);
void add_scheduler(CLI::App& app, Context& context);
void add_cron(CLI::App& app, Context& context);
void add_enqueue(CLI::App& app, Context& context);
void add_info(CLI::App& app, Context& context);
void add_top(CLI::App& app, Context& context);
void add_job(CLI::App& app, Context& context);
void add_workers(CLI::App& app, Context& context);
void add_empty(CLI::App& app, Context& context);
void add_registry(CLI::App& app, Context& context);
void add_requeue(CLI::App& app, Context& context);
void add_suspend(CLI::App& app, Context& context);
void add_resume(CLI::App& app, Context& context);
/// Adds cancel, requeue, delete and stop to the group `job`.
void add_job_control(CLI::App& group, Context& context);
void add_redis(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_budget(CLI::App& app, Context& context);
void add_demo(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
void add_man(CLI::App& app, Context& context);

}  // namespace rqpp::cli
