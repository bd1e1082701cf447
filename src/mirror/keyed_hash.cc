#include "mirror/keyed_hash.h"

#include <random>

namespace rqpp::mirror {

KeyedHash::Keys KeyedHash::new_keys() {
  std::random_device random;
  Keys keys{};
  // Odd: the last product keeps the bits of the one before it.
  for (std::uint64_t& key : keys) key = (std::uint64_t{random()} << 32 | random()) | 1U;
  return keys;
}

}  // namespace rqpp::mirror
