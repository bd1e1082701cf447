#include "sandbox/ephemeral_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "rqpp/error.h"
#include "sandbox/server_process.h"

namespace rqpp::sandbox {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
const std::string kFolderPrefix = "rqpp-redis-";
constexpr const char* kLockName = "owner.lock";

std::filesystem::path temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  // A long TMPDIR leaves no room for the socket's name.
  constexpr std::size_t kMostBytes = 60;
  const std::string folder = named != nullptr ? named : "";
  return folder.empty() || folder.front() != '/' || folder.size() > kMostBytes ? "/tmp" : folder;
}

/// Removes what owners left that were killed: nobody holds the lock in their folders any more.
void sweep(const std::filesystem::path& parent) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (entry.path().filename().native().rfind(kFolderPrefix, 0) != 0) continue;
    struct stat found {};
    if (::lstat(entry.path().c_str(), &found) != 0 || found.st_uid != ::geteuid()) continue;
    if (!std::filesystem::exists(entry.path() / kLockName, ignored)) continue;
    try {
      if (try_lock(entry.path() / kLockName)) std::filesystem::remove_all(entry.path(), ignored);
    } catch (const Error&) {
      continue;  // another sweeper was faster
    }
  }
}

std::filesystem::path make_folder(base::Fd& owner_lock) {
  const std::filesystem::path parent = temporary_folder();
  sweep(parent);
  std::string name = (parent / (kFolderPrefix + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(
        fmt::format("cannot make a folder in '{}': {}.", parent.string(), base::errno_text(errno)));
  }
  // Under its final name the lock is held from the first moment, or a sweeper would take it.
  std::filesystem::path folder = name;
  owner_lock = try_lock(folder / "owner.new");
  std::filesystem::rename(folder / "owner.new", folder / kLockName);
  return folder;
}

int free_port() {
  const base::Fd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw Error(fmt::format("cannot find a free port: {}.", base::errno_text(errno)));
  }
  return ntohs(address.sin_port);
}

}  // namespace

EphemeralServer::EphemeralServer(Options options)
    : options_(std::move(options)), owner_(::getpid()) {
  if (options_.search_path.empty()) {
    const char* path = std::getenv("PATH");
    options_.search_path = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  }
  program_ = find_server_program(options_.search_path);
  folder_ = make_folder(owner_lock_);
  try {
    launch();
  } catch (...) {
    remove();
    throw;
  }
}

EphemeralServer::~EphemeralServer() {
  if (::getpid() != owner_) return;  // a fork of the owner: not ours to end
  stop();
  remove();
}

// Between our look for a free port and the server's bind another process may take it.
void EphemeralServer::launch() {
  constexpr int kTries = 5;
  for (int attempt = 1;; ++attempt) {
    if (options_.tcp) tcp_port_ = free_port();
    if (options_.tls) tls_port_ = free_port();
    try {
      start();
      return;
    } catch (const Error&) {
      if (attempt == kTries || (!options_.tcp && !options_.tls)) throw;
    }
  }
}

void EphemeralServer::start() {
  if (pid_ != 0) return;
  pid_ = spawn({program_, command_line(), Tie::owned, -1});
  const auto alive = [this] {
    siginfo_t ended{};
    // WNOWAIT: stop() reaps it, so that its number stays its own until then.
    ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
    return ended.si_pid == 0;
  };
  try {
    await_server(settings(), alive, folder_ / "redis.log");
  } catch (...) {
    stop();
    throw;
  }
}

void EphemeralServer::stop() noexcept {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

void EphemeralServer::remove() noexcept {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> EphemeralServer::command_line() const {
  std::vector<std::string> words{"--port",
                                 std::to_string(tcp_port_),
                                 "--bind",
                                 kLoopback,
                                 "--unixsocket",
                                 settings().unix_path,
                                 "--dir",
                                 folder_.string(),
                                 "--logfile",
                                 (folder_ / "redis.log").string(),
                                 "--daemonize",
                                 "no",
                                 "--appendonly",
                                 "no",
                                 "--save",
                                 "",
                                 "--maxmemory-policy",
                                 "noeviction"};
  const auto add = [&words](const char* name, const std::string& value) {
    words.emplace_back(name);
    words.push_back(value);
  };
  if (options_.tls) {
    add("--tls-port", std::to_string(tls_port_));
    add("--tls-ca-cert-file", options_.tls->ca.string());
    add("--tls-cert-file", options_.tls->certificate.string());
    add("--tls-key-file", options_.tls->key.string());
    add("--tls-auth-clients", options_.tls->ask_clients ? "yes" : "no");
  }
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  return words;
}

redis::Settings EphemeralServer::settings() const {
  redis::Settings settings;
  settings.unix_path = (folder_ / "redis.sock").string();
  return settings;
}

std::string EphemeralServer::url() const { return redis::to_url(settings()); }

redis::Settings EphemeralServer::tcp_settings() const {
  if (!options_.tcp) throw InvalidArgument("this server does not listen to TCP.");
  redis::Settings settings;
  settings.host = kLoopback;
  settings.port = tcp_port_;
  return settings;
}

redis::Settings EphemeralServer::tls_settings() const {
  if (!options_.tls) throw InvalidArgument("this server does not speak TLS.");
  redis::Settings settings;
  settings.host = kLoopback;
  settings.port = tls_port_;
  settings.tls.enabled = true;
  settings.tls.ca_file = options_.tls->ca.string();
  return settings;
}

}  // namespace rqpp::sandbox
