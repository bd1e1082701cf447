#pragma once

// All of rqpp.
#include <rqpp/call.h>
#include <rqpp/convert.h>
#include <rqpp/current_job.h>
#include <rqpp/enqueue_options.h>
#include <rqpp/error.h>
#include <rqpp/job.h>
#include <rqpp/job_info.h>
#include <rqpp/middleware.h>
#include <rqpp/module.h>
#include <rqpp/queue.h>
#include <rqpp/queue_options.h>
#include <rqpp/registry.h>
#include <rqpp/scheduler.h>
#include <rqpp/status.h>
#include <rqpp/task.h>
#include <rqpp/time.h>
#include <rqpp/usage.h>
#include <rqpp/value.h>
#include <rqpp/verbosity.h>
#include <rqpp/version.h>
#include <rqpp/worker.h>
