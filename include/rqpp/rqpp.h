#pragma once

// All of rqpp.
#include <rqpp/call.h>
#include <rqpp/convert.h>
#include <rqpp/current_job.h>
#include <rqpp/dependency.h>
#include <rqpp/enqueue_options.h>
#include <rqpp/error.h>
#include <rqpp/group.h>
#include <rqpp/job.h>
#include <rqpp/job_info.h>
#include <rqpp/module.h>
#include <rqpp/queue.h>
#include <rqpp/queue_options.h>
#include <rqpp/repeat.h>
#include <rqpp/result_of.h>
#include <rqpp/retry.h>
#include <rqpp/run_again.h>
#include <rqpp/scheduler.h>
#include <rqpp/status.h>
#include <rqpp/task.h>
#include <rqpp/time.h>
#include <rqpp/usage.h>
#include <rqpp/value.h>
#include <rqpp/verbosity.h>
#include <rqpp/version.h>
#include <rqpp/worker.h>
