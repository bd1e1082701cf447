#include <csignal>
#include <string>
#include <vector>

#include "chaos/faults.h"
#include "support/processes.h"

namespace rqpp::test {

using namespace std::chrono_literals;

namespace {

std::string numbered(const std::string& name, int generation) {
  return name.substr(0, name.find('-')) + "-" + std::to_string(generation);
}

}  // namespace

Struck kill_horse(Arena& arena, Dice& dice) {
  const Post& post = dice.any_of(arena.posts());
  std::vector<pid_t> horses = horses_of(post.worker->pid());
  if (horses.empty()) return {};
  const pid_t horse = dice.any_of(horses);
  arena.damage().killed.insert(horse);
  ::kill(horse, SIGKILL);
  return {.what = "kill a horse of " + post.name};
}

Struck kill_fork_server(Arena& arena, Dice& dice) {
  const Post& post = dice.any_of(arena.posts());
  const pid_t fork_server = stable_of(post.worker->pid());
  if (fork_server == 0) return {};
  arena.damage().killed.insert(fork_server);
  ::kill(fork_server, SIGKILL);
  return {.what = "kill the fork server of " + post.name};
}

// Now and then under the name of the dead one, whose lease has not run out yet.
Struck kill_worker(Arena& arena, Dice& dice) {
  Post& post = dice.any_of(arena.posts());
  const std::string killed = post.name;
  arena.kill(post);
  post.generation += 1;
  if (!dice.one_in(4)) post.name = numbered(post.name, post.generation);
  arena.launch(post);
  return {.what = "kill " + killed + ", start " + post.name};
}

Struck restart_worker(Arena& arena, Dice& dice) {
  Post& post = dice.any_of(arena.posts());
  const pid_t pid = post.worker->pid();
  post.stopping = true;
  ::kill(pid, SIGTERM);
  return {.what = "stop " + post.name, .lasts = 3s, .undo = [&arena, &post, pid] {
            if (post.worker->pid() != pid) return;  // it was killed meanwhile
            if (!is_over(pid)) arena.kill(post);    // it waits for Redis, say
            post.worker.reset();
            arena.launch(post);
          }};
}

Struck freeze_worker(Arena& arena, Dice& dice) {
  const Post& post = dice.any_of(arena.posts());
  arena.damage().runs_lost = true;
  // By its process id, since another worker may be at its post by then.
  const pid_t pid = post.worker->pid();
  ::kill(pid, SIGSTOP);
  return {.what = "freeze " + post.name, .lasts = dice.one_in(2) ? 20s : 2s, .undo = [pid] {
            ::kill(pid, SIGCONT);
          }};
}

}  // namespace rqpp::test
