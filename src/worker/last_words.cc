#include "worker/last_words.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "worker/traceback.h"

namespace rqpp::worker {
namespace {

// The size comes from the horse. A copy, which nobody changes while it is read.
template <std::size_t N>
std::string text_in(const std::array<char, N>& bytes, const std::atomic<std::uint32_t>& size) {
  return {bytes.data(), std::min<std::size_t>(size.load(std::memory_order_acquire), N)};
}

}  // namespace

void LastWords::say(std::string_view text) noexcept {
  if (note_bytes.load(std::memory_order_relaxed) != 0) return;
  const std::size_t size = std::min(text.size(), note.size());
  std::memcpy(note.data(), text.data(), size);
  note_bytes.store(static_cast<std::uint32_t>(size), std::memory_order_release);
}

std::optional<Crash> crash_of(const LastWords& words) {
  const int signal = words.signal.load(std::memory_order_acquire);
  if (signal == 0) return std::nullopt;
  const std::size_t frames =
      std::min<std::size_t>(words.frames.load(std::memory_order_acquire), LastWords::kMostFrames);
  return Crash{.signal = signal,
               .code = words.code,
               .sender = words.sender,
               .address = words.address,
               .stack_pointer = words.stack_pointer,
               .addresses = {words.addresses.begin(), words.addresses.begin() + frames},
               .cut = words.cut.load() != 0,
               .maps = text_in(words.maps, words.maps_bytes)};
}

std::string note_of(const LastWords& words) {
  return presentable(text_in(words.note, words.note_bytes), 2 * LastWords::kMostNoteBytes);
}

std::string report_of(const LastWords& words) {
  return presentable(text_in(words.report, words.report_bytes), 2 * LastWords::kMostReportBytes);
}

LastWordsMemory LastWordsMemory::map() {
  // No descriptor leads to it, so nobody can change its size.
  void* memory = ::mmap(nullptr, sizeof(LastWords), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  // Zeros are what its constructor would write, and writing them would take real memory.
  return LastWordsMemory(memory == MAP_FAILED ? nullptr : static_cast<LastWords*>(memory));
}

LastWordsMemory::LastWordsMemory(LastWordsMemory&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)) {}

LastWordsMemory& LastWordsMemory::operator=(LastWordsMemory&& other) noexcept {
  std::swap(words_, other.words_);
  return *this;
}

LastWordsMemory::~LastWordsMemory() {
  if (words_ != nullptr) ::munmap(words_, sizeof(LastWords));
}

void LastWordsMemory::hide_from_forks() const noexcept {
  if (words_ != nullptr) ::madvise(words_, sizeof(LastWords), MADV_DONTFORK);
}

void LastWordsMemory::show_to_forks() const noexcept {
  if (words_ != nullptr) ::madvise(words_, sizeof(LastWords), MADV_DOFORK);
}

}  // namespace rqpp::worker
