// Tasks that try to harm their worker, or to learn what it knows.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <rqpp/current_job.h>
#include <rqpp/module.h>
#include <rqpp/queue.h>

namespace harbour {

__attribute__((noinline)) int sink() {
  int* volatile nothing = nullptr;
  return *nothing;
}

}  // namespace harbour

namespace {

namespace fs = std::filesystem;

constexpr int kChannel = 3;

void write_all(const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::write(kChannel, bytes, size);
    if (sent <= 0) std::abort();
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

std::string frame(std::uint8_t type, const std::string& payload) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(payload.size() >> (8 * i)));
  return bytes + static_cast<char>(type) + payload;
}

std::string text_field(const std::string& text) { return frame(0, text).substr(0, 4) + text; }

// ---- shared memory

/// Begins and ends of what this process shares with others and may write to.
std::vector<std::pair<char*, char*>> shared_mappings() {
  std::ifstream maps("/proc/self/maps");
  std::vector<std::pair<char*, char*>> found;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    if (std::strcmp(rights, "rw-s") != 0) continue;
    found.emplace_back(reinterpret_cast<char*>(begin), reinterpret_cast<char*>(end));
  }
  return found;
}

// Each byte of the last words of all horses, as far as they are to be had. How many pages it was.
int spoil_shared_memory() {
  int pages = 0;
  for (const auto& [begin, end] : shared_mappings()) {
    std::memset(begin, 0xA5, static_cast<std::size_t>(end - begin));
    pages += static_cast<int>((end - begin) / 4096);
  }
  return pages;
}

// How many files of shared memory could be made shorter.
int shorten_shared_memory() {
  int shortened = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc/self/map_files", none)) {
    const fs::path target = fs::read_symlink(entry.path(), none);
    if (target.string().find("rqpp-slate") == std::string::npos) continue;
    const int file = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
    if (file >= 0 && ::ftruncate(file, 0) == 0) ++shortened;
    if (file >= 0) ::close(file);
  }
  return shortened;
}

void wait_for(const std::string& file) {
  while (!fs::exists(file)) ::usleep(1'000);
}

int crash_behind(const std::string& gate) {
  wait_for(gate);
  return harbour::sink();
}

// ---- floods

// Until the gate is open. How often it saved.
int flood_meta(int bytes, const std::string& gate) {
  rqpp::CurrentJob job = rqpp::current_job();
  const std::string ballast(static_cast<std::size_t>(bytes), 'm');
  int count = 0;
  while (!fs::exists(gate) && !job.stop_requested()) {
    job.set_meta("ballast", ballast);
    job.set_meta("count", ++count);
    job.save_meta();
  }
  job.set_meta("ballast", "none");
  job.set_meta("count", ++count);
  job.save_meta();
  return count;
}

int flood_calls(int bytes, const std::string& gate) {
  rqpp::CurrentJob job = rqpp::current_job();
  const std::string ballast(static_cast<std::size_t>(bytes), 'c');
  int count = 0;
  for (; !fs::exists(gate) && !job.stop_requested(); ++count) {
    job.enqueue(rqpp::call("horses.nothing", ballast), {}, "flooded");
  }
  return count;
}

void flood_modules(int count) {
  for (int i = 0; i < count; ++i) {
    const std::string bytes = frame(19, text_field("m" + std::to_string(i)));
    write_all(bytes.data(), bytes.size());
  }
}

// A header that announces much, and then as much as the worker takes of it.
void send_huge_frame(std::int64_t megabytes) {
  const auto bytes = static_cast<std::uint32_t>(megabytes << 20);
  const std::string header{static_cast<char>(bytes), static_cast<char>(bytes >> 8),
                           static_cast<char>(bytes >> 16), static_cast<char>(bytes >> 24), 16};
  write_all(header.data(), header.size());
  const std::string chunk(1 << 20, 'x');
  for (std::int64_t i = 0; i < megabytes; ++i) write_all(chunk.data(), chunk.size());
}

rqpp::Bytes huge_result(std::int64_t megabytes) {
  return {std::string(static_cast<std::size_t>(megabytes) << 20, 'x')};
}

// ---- secrets

pid_t parent_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text{std::istreambuf_iterator<char>(stat), {}};
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

/// The worker: its child is the fork server, whose child this is.
pid_t worker_process() { return parent_of(::getppid()); }

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool memory_holds(pid_t pid, const std::string& secret) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    if (rights[0] != 'r' || rights[1] != 'w') continue;
    std::string copy(std::min<std::size_t>(end - begin, 64 << 20), '\0');
    const iovec local{.iov_base = copy.data(), .iov_len = copy.size()};
    const iovec remote{.iov_base = reinterpret_cast<void*>(begin), .iov_len = copy.size()};
    const ssize_t got = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
    if (got > 0 && copy.find(secret) != std::string::npos) return true;
  }
  return false;
}

bool can_take_descriptors(pid_t pid) {
  const auto process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return false;
  bool taken = false;
  for (int i = 0; i < 64 && !taken; ++i) {
    taken = ::syscall(SYS_pidfd_getfd, process, i, 0) >= 0;
  }
  ::close(process);
  return taken;
}

// Where this job finds the secret, a word each. It comes in halves, or it would find the call.
std::string search_for(const std::string& first_half, const std::string& second_half) {
  const pid_t worker = worker_process();
  std::string places;
  const std::string secret = first_half + second_half;
  const auto note = [&places](const std::string& place, bool found) {
    if (found) places += place + " ";
  };
  note("environment", contents("/proc/self/environ").find(secret) != std::string::npos);
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    note("variable", std::string(*entry).find(secret) != std::string::npos);
  }
  const auto folder = [](pid_t pid) { return "/proc/" + std::to_string(pid) + "/"; };
  for (const pid_t pid : {worker, ::getppid()}) {
    const std::string who = pid == worker ? "worker" : "stable";
    note(who + "-words", contents(folder(pid) + "cmdline").find(secret) != std::string::npos);
    note(who + "-environment", contents(folder(pid) + "environ").find(secret) != std::string::npos);
    note(who + "-memory", memory_holds(pid, secret));
  }
  note("worker-descriptors", can_take_descriptors(worker));
  return places;
}

std::string variable(const std::string& name) {
  const char* value = ::getenv(name.c_str());
  return value == nullptr ? "(unset)" : value;
}

// A queue as any program makes it.
std::string enqueue_by_queue(const std::string& name) {
  return rqpp::Queue(name).enqueue(rqpp::Call{.function = "horses.nothing"}).id();
}

// What is there before any job, while the module is loaded.
const std::string url_at_load = variable("RQ_REDIS_URL") + " " + variable("REDIS_PASSWORD");

}  // namespace

RQPP_MODULE(vandals) {
  tasks.add("spoil_shared_memory", spoil_shared_memory);
  tasks.add("shorten_shared_memory", shorten_shared_memory);
  tasks.add("crash_behind", crash_behind);
  tasks.add("flood_meta", flood_meta);
  tasks.add("flood_calls", flood_calls);
  tasks.add("flood_modules", flood_modules);
  tasks.add("send_huge_frame", send_huge_frame);
  tasks.add("huge_result", huge_result);
  tasks.add("search_for", search_for);
  tasks.add("enqueue_by_queue", enqueue_by_queue);
  tasks.add("url_at_load", [] { return url_at_load; });
}
