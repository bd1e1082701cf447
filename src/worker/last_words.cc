#include "worker/last_words.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "worker/traceback.h"

namespace rqpp::worker {
namespace {

// The size comes from the horse.
template <std::size_t N>
std::string_view text_in(const std::array<char, N>& bytes, const std::atomic<std::uint32_t>& size) {
  return {bytes.data(), std::min<std::size_t>(size.load(std::memory_order_acquire), N)};
}

}  // namespace

void LastWords::say(std::string_view text) noexcept {
  if (note_bytes.load(std::memory_order_relaxed) != 0) return;
  const std::size_t size = std::min(text.size(), note.size());
  std::memcpy(note.data(), text.data(), size);
  note_bytes.store(static_cast<std::uint32_t>(size), std::memory_order_release);
}

void LastWords::reset() noexcept {
  signal.store(0);
  frames.store(0);
  cut.store(0);
  note_bytes.store(0);
  maps_bytes.store(0);
  report_bytes.store(0);
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
               .maps = std::string(text_in(words.maps, words.maps_bytes))};
}

std::string note_of(const LastWords& words) {
  return presentable(text_in(words.note, words.note_bytes), 2 * LastWords::kMostNoteBytes);
}

std::string report_of(const LastWords& words) {
  return presentable(text_in(words.report, words.report_bytes), 2 * LastWords::kMostReportBytes);
}

LastWordsPool::LastWordsPool() {
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  // Zeros are what its constructor would write, and writing them would take real memory.
  if (memory != MAP_FAILED) shared_ = static_cast<Shared*>(memory);
}

LastWordsPool::~LastWordsPool() {
  if (shared_ != nullptr) ::munmap(shared_, sizeof(Shared));
}

LastWords* LastWordsPool::take() {
  if (shared_ == nullptr) return nullptr;
  if (free_.empty()) {
    return fresh_ == kMostHorses ? nullptr : &shared_->places[fresh_++];
  }
  LastWords* place = free_.back();
  free_.pop_back();
  return place;
}

std::size_t LastWordsPool::index_of(const LastWords* place) const noexcept {
  return static_cast<std::size_t>(place - shared_->places.data());
}

void LastWordsPool::assign(const LastWords* place, pid_t horse) noexcept {
  if (place != nullptr) shared_->owners[index_of(place)].store(horse);
}

void LastWordsPool::give_back(const LastWords* place) noexcept {
  if (place == nullptr) return;
  const std::size_t index = index_of(place);
  shared_->owners[index].store(0);
  shared_->places[index].reset();
  free_.push_back(&shared_->places[index]);
}

LastWords* LastWordsPool::find(pid_t horse) const noexcept {
  if (shared_ == nullptr || horse == 0) return nullptr;
  for (std::size_t i = 0; i < kMostHorses; ++i) {
    if (shared_->owners[i].load(std::memory_order_relaxed) == horse) return &shared_->places[i];
  }
  return nullptr;
}

}  // namespace rqpp::worker
