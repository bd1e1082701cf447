#include "chaos/arena.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "rqpp/error.h"
#include "support/processes.h"

namespace rqpp::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::vector<std::string>& Arena::queues() {
  static const std::vector<std::string> all{"a", "b", "c"};
  return all;
}

std::vector<Post> Arena::fleet() {
  std::vector<Post> posts;
  const auto add = [&](Access access, std::vector<std::string> words) {
    Post& post = posts.emplace_back();
    post.name = "w" + std::to_string(posts.size());
    post.words = std::move(words);
    post.access = access;
  };
  add(Access::direct, {"a", "b", "c", "--with-scheduler"});
  add(Access::proxy, {"c", "b", "a", "--horses", "3", "--with-scheduler"});
  add(Access::proxy, {"b", "a", "c", "--horses", "2", "--jobs-per-horse", "10"});
  add(Access::cable, {"a", "c", "b", "--jobs-per-horse", "50", "--with-scheduler"});
  add(Access::proxy, {"b", "--jobs-per-horse", "5"});
  return posts;
}

Arena::Arena(const std::string& fsync, std::vector<Post> posts) : posts_(std::move(posts)) {
  std::string name = (fs::temp_directory_path() / "rqpp-chaos-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a folder");
  folder_ = name;
  try {
    cable_.emplace();
  } catch (const Error& error) {
    why_no_cable_ = error.what();
  }
  make_server(fsync);
}

Arena::~Arena() {
  posts_.clear();
  if (std::getenv("RQPP_CHAOS_KEEP") != nullptr) return;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

// On its end of the cable. Its Unix socket is a file, so it can be reached from everywhere.
void Arena::make_server(const std::string& fsync) {
  const auto there = visit(Cable::End::server);
  server_.emplace(sandbox::EphemeralServer::Options{
      .tcp = true,
      .arguments = {"--bind", "0.0.0.0", "--protected-mode", "no", "--appendonly", "yes",
                    "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0"}});
}

void Arena::stop_server() {
  answers_ = false;
  server_->stop();
}

void Arena::start_server() {
  if (server_->pid() != 0) return;  // A fault that ended earlier has started it; it may be frozen.
  const auto there = visit(Cable::End::server);
  server_->start();
  answers_ = true;
}

pid_t Arena::freeze_server() {
  answers_ = false;
  ::kill(server_->pid(), SIGSTOP);
  return server_->pid();
}

void Arena::thaw_server(pid_t pid) {
  if (server_->pid() != pid) return;
  ::kill(pid, SIGCONT);
  answers_ = true;
}

std::unique_ptr<Cable::Visit> Arena::visit(Cable::End end) const {
  return cable_ ? std::make_unique<Cable::Visit>(cable_->namespace_at(end)) : nullptr;
}

std::string Arena::url_for(const Post& post) const {
  redis::Settings settings = server_->settings();
  if (post.access == Access::proxy) settings = post.proxy->settings();
  if (post.access == Access::cable) {
    settings = server_->tcp_settings();
    if (cable_) settings.host = Cable::kServerAddress;
  }
  return redis::to_url(settings);
}

void Arena::launch(Post& post) {
  if (post.access == Access::proxy && !post.proxy) {
    post.proxy = std::make_unique<CuttingProxy>(server_->settings().unix_path);
  }
  post.launches += 1;
  post.stopping = false;
  std::vector<std::string> words{"worker",
                                 "--path",
                                 in_build("tests/modules").string(),
                                 "--url",
                                 url_for(post),
                                 "--name",
                                 post.name,
                                 "--result-ttl",
                                 "-1",
                                 "--no-module-check"};
  words.insert(words.end(), post.words.begin(), post.words.end());
  const auto there = post.access == Access::cable ? visit(Cable::End::client) : nullptr;
  post.worker = std::make_unique<Program>(
      std::move(words), ProgramOptions{.output = "/dev/null", .errors = log_of(post)});
}

bool Arena::has_listened(const Post& post) const {
  std::ifstream log(log_of(post));
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  return text.find("*** Listening on") != std::string::npos;
}

void Arena::supervise() {
  for (Post& post : posts_) {
    if (post.stopping || !is_over(post.worker->pid())) continue;
    const Ended ended = post.worker->wait();
    if (ended.exit_code != 1 || has_listened(post)) {
      unexpected_ends_.push_back(post.name + " ended with " + std::to_string(ended.exit_code) +
                                 ", by signal " + std::to_string(ended.signal));
    }
    launch(post);
  }
}

void Arena::kill(Post& post) {
  const pid_t fork_server = stable_of(post.worker->pid());
  for (const pid_t horse : horses_of(post.worker->pid())) damage_.killed.insert(horse);
  if (fork_server != 0) damage_.killed.insert(fork_server);
  damage_.runs_lost = true;
  post.worker.reset();
}

redis::Reply Arena::run(const redis::Batch& batch) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  for (;;) {
    try {
      if (!control_) control_.emplace(server_->settings());
      return control_->run(batch).at(0);
    } catch (const ConnectionError&) {
      control_.reset();
      if (std::chrono::steady_clock::now() > until) throw;
      ::poll(nullptr, 0, 20);
    }
  }
}

}  // namespace rqpp::test
