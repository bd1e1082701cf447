#include "base/did_you_mean.h"

#include <algorithm>
#include <vector>

namespace rqpp::base {
namespace {

// Names are short; a long word is no slip of the finger, and the cost grows with its square.
constexpr std::size_t kLongestWord = 256;

/// Insertions, deletions, changes and swaps of neighbours that turn `a` into `b`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known) {
  if (word.size() > kLongestWord) return std::nullopt;
  // A third of the letters may be wrong, and at least one.
  std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string> best;
  for (const std::string& name : known) {
    const std::size_t longer = std::max(word.size(), name.size());
    const std::size_t shorter = std::min(word.size(), name.size());
    if (longer > kLongestWord || longer - shorter > allowed) continue;
    const std::size_t wrong = distance(word, name);
    if (wrong > allowed || wrong >= shorter) continue;
    if (best && wrong == allowed) continue;
    best = name;
    allowed = wrong;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  const std::optional<std::string> name = nearest(word, known);
  return name ? " Did you mean '" + *name + "'?" : "";
}

}  // namespace rqpp::base
