#include <string>
#include <vector>

#include "chaos/faults.h"

namespace rqpp::test {

using namespace std::chrono_literals;
using Cut = CuttingProxy::Cut;
using Way = CuttingProxy::Way;

namespace {

Post* any_behind_a_proxy(Arena& arena, Dice& dice) {
  std::vector<Post*> posts;
  for (Post& post : arena.posts()) {
    if (post.proxy) posts.push_back(&post);
  }
  return posts.empty() ? nullptr : dice.any_of(posts);
}

Cut any_cut(Dice& dice) {
  return {dice.one_in(2) ? Way::sent : Way::received, static_cast<std::size_t>(dice.below(2'000))};
}

}  // namespace

// Every second time the recovery is cut, too.
Struck cut_bytes(Arena& arena, Dice& dice) {
  Post* post = any_behind_a_proxy(arena, dice);
  if (post == nullptr) return {};
  std::vector<Cut> cuts{any_cut(dice)};
  while (dice.one_in(2)) cuts.push_back(any_cut(dice));
  std::string what = "cut " + post->name + " after";
  for (const Cut& cut : cuts) {
    what += " " + std::to_string(cut.after) + (cut.way == Way::sent ? " sent" : " received");
  }
  post->proxy->cut_once(std::move(cuts));
  return {.what = what};
}

Struck stall_bytes(Arena& arena, Dice& dice) {
  Post* post = any_behind_a_proxy(arena, dice);
  if (post == nullptr) return {};
  const bool is_long = dice.one_in(3);
  if (is_long) arena.damage().runs_lost = true;
  post->proxy->stall();
  return {.what = "stall " + post->name,
          .lasts = is_long ? 15'000ms : std::chrono::milliseconds{dice.below(1'000)},
          .undo = [post] { post->proxy->heal(); }};
}

Struck pull_cable(Arena& arena, Dice& dice) {
  if (arena.cable() == nullptr) return {};
  arena.damage().runs_lost = true;
  arena.cable()->pull();
  return {.what = "pull the cable",
          .lasts = std::chrono::milliseconds{dice.below(25'000)},
          .undo = [&arena] { arena.cable()->plug(); }};
}

Struck kill_clients(Arena& arena, Dice& dice) {
  if (!arena.server_answers()) return {};
  const char* type = dice.one_in(4) ? "pubsub" : "normal";
  arena.ask("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
  return {.what = std::string("CLIENT KILL TYPE ") + type};
}

}  // namespace rqpp::test
