// What the machine and Redis allow at most, for the benchmarks to compare with:
//
//     limits PORT FILE      the loops below, each for about half a second; FILE has the bytes of
//     one
//                           enqueue, with its job's id where it stands, on the first line alone
//     limits PORT ping      a PING and its answer alone
//     limits PORT take KEY COUNT
//                           takes so many ids from a list, by batches of 32, and deletes their
//                           hashes
//
// Prints JSON: for each loop how often a second; for `take` the same, in jobs.

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSeconds = 0.5;

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "limits: " << what << '\n';
  std::exit(1);
}

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// How often a second `step` can be done.
template <class Step>
double rate(Step step) {
  const auto begin = Clock::now();
  int done = 0;
  do {
    for (int i = 0; i < 100; ++i) step();
    done += 100;
  } while (since(begin) < kSeconds);
  return done / since(begin);
}

struct Child {
  pid_t process;
  int result;  // the end of a pipe
};

Child fork_one(int number) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("no pipe");
  const pid_t process = ::fork();
  if (process < 0) fail("no process");
  if (process == 0) ::_exit(::write(ends[1], &number, sizeof number) == sizeof number ? 0 : 1);
  ::close(ends[1]);
  return {process, ends[0]};
}

void await(const Child& child, int expected) {
  int number = 0;
  if (::read(child.result, &number, sizeof number) != sizeof number || number != expected) {
    fail("a child sent no result");
  }
  ::close(child.result);
  ::waitpid(child.process, nullptr, 0);
}

/// Fork, send a result through a pipe, exit, wait, with so many children at once.
double forks(int at_once) {
  std::deque<Child> children;
  int forked = 0;
  for (; forked < at_once; ++forked) children.push_back(fork_one(forked));
  const double result = rate([&] {
    await(children.front(), forked - at_once);
    children.pop_front();
    children.push_back(fork_one(forked++));
  });
  for (int i = 0; i < at_once; ++i) await(children[i], forked - at_once + i);
  return result;
}

/// A message to another process and its answer.
double ping_pong() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("no socketpair");
  const pid_t other = ::fork();
  char byte = 0;
  if (other == 0) {
    ::close(ends[0]);
    while (::read(ends[1], &byte, 1) == 1 && ::write(ends[1], &byte, 1) == 1) continue;
    ::_exit(0);
  }
  ::close(ends[1]);
  const double result = rate([&] {
    if (::write(ends[0], &byte, 1) != 1 || ::read(ends[0], &byte, 1) != 1) fail("no answer");
  });
  ::close(ends[0]);
  ::waitpid(other, nullptr, 0);
  return result;
}

/// A connection on which commands are appended and their replies read.
class Redis {
 public:
  explicit Redis(int port) : context_(redisConnect("127.0.0.1", port), &redisFree) {
    if (!context_ || context_->err != 0) fail("cannot reach Redis on port " + std::to_string(port));
  }
  void append_bytes(const std::string& bytes) {
    redisAppendFormattedCommand(context_.get(), bytes.data(), bytes.size());
  }
  void append(const std::vector<const char*>& words) {
    redisAppendCommandArgv(context_.get(), int(words.size()),
                           const_cast<const char**>(words.data()), nullptr);
  }
  using Reply = std::unique_ptr<redisReply, void (*)(void*)>;
  Reply reply() {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK) fail("Redis went away");
    Reply owned{static_cast<redisReply*>(reply), &freeReplyObject};
    if (owned->type == REDIS_REPLY_ERROR) fail(owned->str);
    return owned;
  }

 private:
  std::unique_ptr<redisContext, decltype(&redisFree)> context_;
};

double pings(Redis& redis) {
  return rate([&] {
    redis.append({"PING"});
    redis.reply();
  });
}

/// The bytes of an enqueue, each time with an id of its own, so that Redis makes a new hash.
double enqueues(Redis& redis, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string id;
  std::string bytes;
  if (!std::getline(file, id)) fail("no id in " + path);
  bytes.assign(std::istreambuf_iterator<char>(file), {});
  std::vector<std::size_t> places;
  for (std::size_t at = 0; (at = bytes.find(id, at)) != std::string::npos; at += id.size()) {
    places.push_back(at);
  }
  int commands = 0;
  for (std::size_t at = 0; at != std::string::npos; at = bytes.find("\r\n*", at + 1)) ++commands;
  int number = 0;
  return rate([&] {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%012d", number++);
    for (const std::size_t place : places) bytes.replace(place, 12, digits);
    redis.append_bytes(bytes);
    for (int i = 0; i < commands; ++i) redis.reply();
  });
}

/// LPOP of 32 ids, and for the 32 before HGETALL and DEL, in one write.
double take(Redis& redis, const char* key, int count) {
  const auto begin = Clock::now();
  std::vector<std::string> ids;
  int taken = 0;
  do {
    for (const std::string& id : ids) {
      const std::string hash = "rq:job:" + id;
      redis.append({"HGETALL", hash.c_str()});
      redis.append({"DEL", hash.c_str()});
    }
    redis.append({"LPOP", key, "32"});
    for (const std::string& id : ids) {
      if (redis.reply()->elements == 0) fail("no hash for " + id);
      redis.reply();
    }
    taken += int(ids.size());
    ids.clear();
    const auto popped = redis.reply();
    for (std::size_t i = 0; i < popped->elements; ++i) ids.emplace_back(popped->element[i]->str);
  } while (!ids.empty() && taken < count);
  return taken / since(begin);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 2 ? argv[2] : "";
  if (argc == 5 && mode == "take") {
    Redis redis{std::atoi(argv[1])};
    std::cout << "{\"take\": " << take(redis, argv[3], std::atoi(argv[4])) << "}\n";
    return 0;
  }
  if (argc != 3) fail("limits PORT FILE | limits PORT ping | limits PORT take KEY COUNT");
  if (mode == "ping") {
    Redis redis{std::atoi(argv[1])};
    std::cout << "{\"ping\": " << pings(redis) << "}\n";
    return 0;
  }
  // The forks first: later the process is larger.
  std::cout << "{\"fork, 1\": " << forks(1) << ", \"fork, 2\": " << forks(2)
            << ", \"fork, 4\": " << forks(4) << ", \"socketpair\": " << ping_pong();
  Redis redis{std::atoi(argv[1])};
  std::cout << ", \"ping\": " << pings(redis) << ", \"enqueue\": " << enqueues(redis, argv[2])
            << "}\n";
}
