// What jobs learn of their worker's Redis: where it is, and not its password.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "sandbox/find_redis.h"
#include "support/temporary_folder.h"
#include "support/worker_test.h"

#include <rqpp/embedded_worker.h>
#include <rqpp/error.h>
#include <rqpp/module.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr const char* kPassword = "horses-may-not-know-this";

class Secrets : public WorkerTest {
 protected:
  Secrets() {
    ask("ACL", "SETUSER", "groom", "on", std::string(">") + kPassword, "~*", "&*", "+@all");
    fs::permissions(folder_.path(), fs::perms::others_all, fs::perm_options::add);
  }
  ~Secrets() override { ask("ACL", "DELUSER", "groom"); }

  static std::string url(const std::string& user) {
    return "redis://" + user + "127.0.0.1:" + std::to_string(server().tcp_settings().port) + "/0";
  }
  static std::string secret_url() { return url(std::string("groom:") + kPassword + "@"); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  /// A worker that runs until the queue is empty, as a user without rights if we have any: root may
  /// look into every process.
  Ended work(std::vector<std::string> more, std::map<std::string, std::string> environment = {}) {
    environment.emplace("HOME", folder_.string());
    std::vector<std::string> words{"worker", "--burst", "--path", in_build("tests/modules")};
    words.insert(words.end(), more.begin(), more.end());
    ProgramOptions options{.environment = std::move(environment)};
    if (::getuid() == 0) {
      words.insert(words.begin(),
                   {"--reuid=65534", "--regid=65534", "--clear-groups", in_build("rqpp").string()});
      options.program = "/usr/bin/setpriv";
    }
    return rqpp(words, options);
  }
  /// Where a job finds the password.
  AnyJob search() {
    const std::string secret = kPassword;
    return enqueue("vandals.search_for", {secret.substr(0, 9), secret.substr(9)});
  }

  TemporaryFolder folder_{};
};

// ---- the password

TEST_F(Secrets, OfAUrlOnTheCommandLineAreNotForJobs) {
  const AnyJob job = search();

  EXPECT_EQ(work({"--url", secret_url()}).exit_code, 0);

  EXPECT_EQ(job.result(), Value(""));
}

TEST_F(Secrets, OfTheEnvironmentAreNotForJobs) {
  const int port = server().tcp_settings().port;
  const std::vector<std::map<std::string, std::string>> ways{{{"RQ_REDIS_URL", secret_url()}},
                                                             {{"REDIS_URL", secret_url()}},
                                                             {{"REDIS_HOST", "127.0.0.1"},
                                                              {"REDIS_PORT", std::to_string(port)},
                                                              {"REDIS_USERNAME", "groom"},
                                                              {"REDIS_PASSWORD", kPassword}}};
  for (const auto& environment : ways) {
    const AnyJob job = search();

    EXPECT_EQ(work({}, environment).exit_code, 0);

    EXPECT_EQ(job.result(), Value("")) << environment.begin()->first;
  }
}

TEST_F(Secrets, AreTakenFromAFile) {
  const std::string file = write("password", std::string(kPassword) + "\n");
  const std::string credentials = write("redis-password", kPassword);
  const std::string where = url("groom@");

  for (int way = 0; way < 3; ++way) {
    const AnyJob job = search();
    const Ended ended = way == 0 ? work({"--url", where, "--password-file", file})
                        : way == 1
                            ? work({"--url", where}, {{"RQPP_PASSWORD_FILE", file}})
                            : work({"--url", where}, {{"CREDENTIALS_DIRECTORY", folder_.string()}});

    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(job.result(), Value("")) << way;
  }
}

TEST_F(Secrets, OfAFileThatIsMissingOrEmptyAreMissed) {
  const std::string missing = folder_ / "missing";
  EXPECT_THAT(rqpp({"info", "--url", url("groom@"), "--password-file", missing}).err,
              HasSubstr("cannot take the password from '" + missing + "': no such file"));
  EXPECT_THAT(rqpp({"info", "--url", url("groom@"), "--password-file", write("empty", "\n")}).err,
              HasSubstr("its first line is empty"));
}

TEST_F(Secrets, OfTheWordsOfAProcessAreOverwritten) {
  Program worker({"worker", "--path", in_build("tests/modules"), "--url", secret_url()});
  worker.await_error("*** Listening on");

  std::ifstream in("/proc/" + std::to_string(worker.pid()) + "/cmdline");
  const std::string shown{std::istreambuf_iterator<char>(in), {}};

  EXPECT_THAT(shown, AllOf(HasSubstr("redis://groom:***"), Not(HasSubstr(kPassword))));
}

// ---- queues of jobs

TEST_F(Secrets, OfNobodyLetAJobUseItsWorkersRedis) {
  const AnyJob job = enqueue("vandals.enqueue_by_queue", {"made"});
  const AnyJob at_load = enqueue("vandals.url_at_load");

  EXPECT_EQ(work({"--url", url("")}, {{"REDIS_URL", "redis://127.0.0.1:1/0"}}).exit_code, 0);

  EXPECT_EQ(job.status(), Status::finished) << job.exc_info();
  EXPECT_EQ(ask("LLEN", "rq:queue:made").number, 1);
  EXPECT_EQ(at_load.result(), Value(url("") + " (unset)"));
}

TEST_F(Secrets, OfAConfigFileLetAJobUseItsWorkersRedis) {
  const std::string config =
      write("settings.py", "REDIS_HOST = '127.0.0.1'\nREDIS_PORT = " +
                               std::to_string(server().tcp_settings().port) + "\n");
  const AnyJob job = enqueue("vandals.enqueue_by_queue", {"made"});

  EXPECT_EQ(work({"--config", config}).exit_code, 0);

  EXPECT_EQ(job.status(), Status::finished) << job.exc_info();
  EXPECT_EQ(ask("LLEN", "rq:queue:made").number, 1);
}

TEST_F(Secrets, AreWhyAJobIsToldHowToEnqueue) {
  const AnyJob job = enqueue("vandals.enqueue_by_queue", {"made"});

  EXPECT_EQ(work({"--url", secret_url()}).exit_code, 0);

  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(job.exc_info(), AllOf(HasSubstr("ConnectionError: the worker of this job is at " +
                                              url("groom@") + ", whose password jobs do not get"),
                                    HasSubstr("--job-url")));
  EXPECT_FALSE(fs::exists(folder_ / ".local")) << "it started a private Redis";
}

TEST_F(Secrets, NeedNotBeSharedWhereJobsHaveAUrlOfTheirOwn) {
  for (const bool by_option : {true, false}) {
    const AnyJob job = enqueue("vandals.enqueue_by_queue", {"made"});

    const Ended ended = by_option
                            ? work({"--url", secret_url(), "--job-url", url("")})
                            : work({"--url", secret_url()}, {{"RQPP_JOB_REDIS_URL", url("")}});

    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_EQ(job.status(), Status::finished) << job.exc_info();
  }
  EXPECT_EQ(ask("LLEN", "rq:queue:made").number, 2);
  EXPECT_EQ(work({"--url", url(""), "--job-url", "nonsense"}).exit_code, 2);
}

// ---- no private Redis

TEST_F(Secrets, OfAServiceAreNotReplacedByAPrivateRedis) {
  if (sandbox::listens({})) GTEST_SKIP() << "a Redis listens at localhost:6379";
  const std::string config = write("settings.py", "QUEUES = ['default']\n");
  const Ended service = work({}, {{"INVOCATION_ID", "1"}});
  const Ended container = work({}, {{"container", "podman"}});
  const Ended configured = work({"--config", config});

  EXPECT_THAT(service.err, HasSubstr("a service of systemd starts no private one"));
  EXPECT_THAT(container.err, HasSubstr("a worker in a container starts no private one"));
  EXPECT_THAT(configured.err, HasSubstr("with --config no private one is started"));
  for (const Ended& each : {service, container, configured}) EXPECT_NE(each.exit_code, 0);
  EXPECT_FALSE(fs::exists(folder_ / ".local"));
}

// ---- threads

std::string enqueue_here() {
  return Queue("made").enqueue(Call{.function = "horses.nothing"}).id();
}

}  // namespace

RQPP_MODULE(tenants) { tasks.add("enqueue_here", enqueue_here); }

namespace {

TEST_F(Secrets, OfAnEmbeddedWorkerAreThoseOfItsThreads) {
  EmbeddedWorkerOptions options{.url = secret_url(),
                                .modules = {rqpp_module_tenants()},
                                .burst = true,
                                .verbosity = Verbosity::quiet};
  const AnyJob job = enqueue("tenants.enqueue_here");

  EXPECT_TRUE(EmbeddedWorker(options).wait());

  EXPECT_EQ(job.status(), Status::finished) << job.exc_info();
  EXPECT_EQ(ask("LLEN", "rq:queue:made").number, 1);
}

}  // namespace
}  // namespace rqpp::test
