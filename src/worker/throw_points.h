#pragma once

#include <vector>

namespace rqpp::worker {

/// Remembers where exceptions are thrown, from `start` until its end: in every thread of the
/// process, since a task may run parts of its work in threads and rethrow what they threw.
///
/// What it remembers goes with it, or, where several live, with the last of them. It costs a walk
/// up the stack per throw. Where none was ever started, a throw costs nothing more.
class ThrowWatch {
 public:
  ThrowWatch() = default;
  ThrowWatch(const ThrowWatch&) = delete;
  ThrowWatch& operator=(const ThrowWatch&) = delete;
  ~ThrowWatch();

  /// Does for all that is loaded now what `start` does for what has been loaded since: with it done
  /// before a fork, the child need not.
  static void prepare();

  /// The calling function and all older frames are left out of what is remembered.
  void start();

 private:
  bool started_ = false;
};

/// Where a thrown object came from.
struct ThrowPoint {
  /// Return addresses, innermost first.
  std::vector<void*> addresses{};
  bool cut = false;  ///< There were more, older ones.
};

/// Of the newest exception thrown at this address; empty if none is remembered.
ThrowPoint throw_point_of(const void* object);

}  // namespace rqpp::worker
