#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "chaos/arena.h"
#include "chaos/dice.h"

#include <rqpp/queue.h>

namespace rqpp::test {

/// A job as its producer knows it.
struct Ordered {
  std::string queue{};
  int reruns = 0;                      ///< Runs that may follow the first.
  std::string result{};                ///< Of its end when it has finished.
  std::vector<std::string> parents{};  ///< It waits for them, and runs only if they finish,
  bool allows_failure = false;         ///< or whatever becomes of them.
  bool calls_back = false;             ///< `on_success` notes it.
  bool has_child = false;              ///< Each of its runs enqueues one.
  bool doubtful = false;               ///< The answer to its enqueue was lost.
  bool canceled = false;               ///< From outside, at any moment.
  bool deleted = false;
};

/// Jobs of all kinds, and people who cancel and delete some.
class Load {
 public:
  Load(Arena& arena, Dice& dice);

  /// Enqueues jobs of any kind until this many were ordered.
  void order(int jobs);
  /// Enqueues what is called so: `plain`, `retried`, `joined`.
  void order(const std::string& kind);
  static std::vector<std::string> kinds();
  /// Forgets all that was ordered.
  void clear();
  const std::map<std::string, Ordered>& orders() const { return orders_; }

 private:
  struct Kind {
    void (Load::*order)(const std::string& id, const std::string& queue) = nullptr;
    int weight = 1;
  };
  static const std::map<std::string, Kind>& all_kinds();
  /// The call gets the folder as its first argument.
  void put(const std::string& id, Ordered order, Call call, EnqueueOptions options);
  void plain(const std::string& id, const std::string& queue);
  void slow(const std::string& id, const std::string& queue);
  void retried(const std::string& id, const std::string& queue);
  void failing_once(const std::string& id, const std::string& queue);
  void asking_once(const std::string& id, const std::string& queue);
  void with_child(const std::string& id, const std::string& queue);
  void dependent(const std::string& id, const std::string& queue);
  void joined(const std::string& id, const std::string& queue);
  void telling(const std::string& id, const std::string& queue);
  void unique(const std::string& id, const std::string& queue);
  void limited(const std::string& id, const std::string& queue);
  void scheduled(const std::string& id, const std::string& queue);
  void interfered_with(const std::string& id, const std::string& queue);
  std::string any_earlier();

  Arena* arena_;
  Dice* dice_;
  Queue queue_;
  int count_ = 0;
  std::map<std::string, Ordered> orders_{};
  std::vector<std::string> plain_ids_{};  // of jobs that others may wait for
};

}  // namespace rqpp::test
