#include "sandbox/private_server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "rqpp/error.h"
#include "sandbox/server_process.h"

namespace rqpp::sandbox {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStopPatience{20};
constexpr std::chrono::seconds kReachPatience{2};
constexpr std::chrono::milliseconds kPause{5};
constexpr std::uintmax_t kKeptLogBytes = std::uintmax_t{1} << 20;
const std::string kSocketName = "/redis.sock";

bool fits_a_socket(const std::filesystem::path& folder) {
  return folder.native().size() + kSocketName.size() < sizeof sockaddr_un{}.sun_path;
}

std::optional<std::filesystem::path> folder_from(const redis::Environment& environment,
                                                 const char* name) {
  const auto value = environment(name);
  // The XDG specification: a relative path counts as unset.
  if (!value || value->empty() || value->front() != '/') return std::nullopt;
  return std::filesystem::path(*value);
}

/// Makes a folder that nobody else may enter. In /tmp somebody else may have made it first.
void make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw Error(
        fmt::format("cannot make the folder '{}': {}.", folder.string(), base::errno_text(errno)));
  }
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) ||
      found.st_uid != ::geteuid() || (found.st_mode & 077) != 0) {
    throw Error(
        fmt::format("'{}' is not a folder that only you may enter. Remove it, or make it so "
                    "with chmod 700.",
                    folder.string()));
  }
}

/// The process that listens on a socket; 0 when nobody does.
pid_t listener(const std::filesystem::path& socket) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string& path = socket.native();
  if (path.size() >= sizeof name.sun_path) return 0;
  std::memcpy(name.sun_path, path.data(), path.size());
  const base::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return 0;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
  return peer.uid == ::geteuid() ? peer.pid : 0;
}

bool is_free(const std::filesystem::path& lock) {
  return !std::filesystem::exists(lock) || static_cast<bool>(try_lock(lock));
}

/// What the server wrote down about itself: `<pid> <socket>`.
struct Address {
  pid_t pid = 0;
  std::string socket{};
};

Address read_address(const std::filesystem::path& file) {
  Address address;
  std::ifstream in(file);
  in >> address.pid;
  in.ignore(1);
  std::getline(in, address.socket);
  return address;
}

void write_address(const std::filesystem::path& file, const Address& address) {
  const std::filesystem::path fresh = file.native() + ".new";
  std::ofstream(fresh) << address.pid << ' ' << address.socket << '\n';
  std::filesystem::rename(fresh, file);
}

/// Guards against a process id that went to somebody else: our servers have the socket in their
/// title.
bool runs_our_server(const Address& address) {
  if (address.pid <= 1 || address.socket.empty()) return false;
  std::ifstream in(fmt::format("/proc/{}/cmdline", address.pid));
  const std::string title{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return title.find(address.socket) != std::string::npos;
}

}  // namespace

Places default_places(const redis::Environment& environment) {
  Places places;
  const std::filesystem::path fallback = fmt::format("/tmp/rqpp-{}", ::geteuid());
  const auto runtime = folder_from(environment, "XDG_RUNTIME_DIR");
  const bool usable =
      runtime && fits_a_socket(*runtime / "rqpp") && ::access(runtime->c_str(), W_OK | X_OK) == 0;
  places.runtime = usable ? *runtime / "rqpp" : fallback;
  if (const auto data = folder_from(environment, "XDG_DATA_HOME")) {
    places.data = *data / "rqpp" / "redis";
  } else if (const auto home = folder_from(environment, "HOME")) {
    places.data = *home / ".local" / "share" / "rqpp" / "redis";
  } else {
    places.data = fallback / "data";
  }
  places.search_path = environment("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  return places;
}

PrivateServer::PrivateServer(Places places) : places_(std::move(places)) {}

std::filesystem::path PrivateServer::current_socket() const {
  if (listener(default_socket()) != 0) return default_socket();
  // A server started with another XDG_RUNTIME_DIR may serve our data.
  const Address address = read_address(address_file());
  if (!address.socket.empty() && listener(address.socket) != 0) return address.socket;
  return default_socket();
}

PrivateServer::Status PrivateServer::status() const {
  Status status;
  status.socket = current_socket();
  status.pid = listener(status.socket);
  status.running = status.pid != 0;
  status.data = places_.data;
  return status;
}

redis::Settings PrivateServer::settings() const {
  redis::Settings settings;
  settings.unix_path = current_socket().string();
  return settings;
}

PrivateServer::Status PrivateServer::start() {
  if (!fits_a_socket(places_.runtime)) {
    throw Error(
        fmt::format("the folder '{}' is too long for a socket. Set XDG_RUNTIME_DIR to a "
                    "shorter one.",
                    places_.runtime.string()));
  }
  make_private_folder(places_.runtime);
  make_private_folder(places_.data);
  const base::Fd starting = wait_for_lock(places_.data / "start.lock");
  for (auto until = Clock::now() + kReachPatience;;) {
    if (const Status running = status(); running.running) return running;
    if (base::Fd data = try_lock(server_lock())) {
      launch(std::move(data));
      return status();
    }
    // It may be about to listen, started by a process that did not live to see it.
    if (Clock::now() >= until) {
      end_unreachable();
      until = Clock::now() + kReachPatience;
    }
    std::this_thread::sleep_for(kPause);
  }
}

// A server that holds the data and cannot be reached has lost its socket: the folder went with the
// login session, say. It is ended, and its successor finds the data.
void PrivateServer::end_unreachable() {
  const Address address = read_address(address_file());
  if (!runs_our_server(address)) {
    throw Error(
        fmt::format("another server uses the data in '{}', and it cannot be reached. End the "
                    "process that holds "
                    "'{}'.",
                    places_.data.string(), server_lock().string()));
  }
  end(address.pid);
}

void PrivateServer::launch(base::Fd data_lock) {
  std::error_code ignored;
  if (std::filesystem::file_size(log(), ignored) > kKeptLogBytes && !ignored) {
    std::filesystem::remove(log(), ignored);
  }
  Program program;
  program.path = find_server_program(places_.search_path);
  program.arguments = {"--port", "0", "--unixsocket", default_socket().string(), "--unixsocketperm",
                       "700", "--dir", places_.data.string(), "--logfile", log().string(),
                       "--daemonize", "no", "--appendonly", "yes", "--save", "",
                       "--maxmemory-policy", "noeviction",
                       // A result of RQ is a stream of one short entry; of the usual 4096 bytes
                       // Redis would fill a tenth.
                       "--stream-node-max-bytes", "512"};
  program.tie = Tie::detached;
  program.kept_descriptor = data_lock.get();
  write_address(address_file(), {spawn(program), default_socket().string()});
  // From now on the lock is the server's alone, and free when it dies. Its process id would tell
  // less: in a container without an init it stays when the process is gone.
  data_lock.reset();
  redis::Settings settings;
  settings.unix_path = default_socket().string();
  await_server(
      settings, [this] { return !is_free(server_lock()); }, log());
}

PrivateServer::Status PrivateServer::stop() {
  if (!std::filesystem::exists(places_.data)) return status();
  const base::Fd starting = wait_for_lock(places_.data / "start.lock");
  const Status running = status();
  if (running.running) {
    end(running.pid);
  } else if (const Address address = read_address(address_file());
             !is_free(server_lock()) && runs_our_server(address)) {
    end(address.pid);
  }
  return status();
}

void PrivateServer::end(pid_t pid) {
  if (::kill(pid, SIGTERM) != 0 && errno != ESRCH) {
    throw Error(fmt::format("cannot end the private Redis server (process {}): {}.", pid,
                            base::errno_text(errno)));
  }
  const auto until = Clock::now() + kStopPatience;
  while (!is_free(server_lock())) {
    if (Clock::now() >= until) {
      throw TimeoutError(
          fmt::format("the private Redis server (process {}) did not end within {} s. See '{}'.",
                      pid, kStopPatience.count(), log().string()));
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace rqpp::sandbox
