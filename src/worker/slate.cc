#include "worker/slate.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

// The state of a row in one word: its number, whether it is closed, how many of its jobs have
// begun.
constexpr std::uint64_t kClosed = std::uint64_t{1} << 31;
constexpr std::uint64_t kBegunMask = 0xFFFF;

constexpr std::uint64_t open_row(Slate::Row row, int begun) {
  return (std::uint64_t{row} << 32) | static_cast<std::uint64_t>(begun);
}

// Before each outcome stands how long it is, and when the job began and ended.
struct NoteHeader {
  std::uint32_t bytes = 0;
  std::int64_t began = 0;
  std::int64_t ended = 0;
};

Slate::Clock::time_point moment(std::int64_t ticks) {
  return Slate::Clock::time_point{Slate::Clock::duration{ticks}};
}

}  // namespace

struct Slate::Page {
  static constexpr std::size_t kNoteBytes = (std::size_t{64} << 10) - 64;

  std::atomic<std::uint64_t> state{0};
  std::atomic<std::int64_t> opened{0};  // ticks of the clock
  std::array<char, kNoteBytes> notes;
};

Slate::Slate() : memory_(::memfd_create("rqpp-slate", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  constexpr int kSizeStays = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (!memory_ || ::ftruncate(memory_.get(), sizeof(Page)) != 0 ||
      ::fcntl(memory_.get(), F_ADD_SEALS, kSizeStays) != 0) {
    throw Error("cannot share memory with a horse: " + base::errno_text(errno));
  }
  void* memory =
      ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (memory == MAP_FAILED) {
    throw Error("cannot share memory with a horse: " + base::errno_text(errno));
  }
  page_ = static_cast<Page*>(memory);
}

Slate::Slate(const base::Fd& memory) {
  void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (mapped != MAP_FAILED) page_ = static_cast<Page*>(mapped);
}

Slate::Slate(Slate&& other) noexcept
    : memory_(std::move(other.memory_)),
      page_(std::exchange(other.page_, nullptr)),
      row_(other.row_),
      taken_(other.taken_),
      offset_(other.offset_) {}

Slate& Slate::operator=(Slate&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(page_, other.page_);
  row_ = other.row_;
  taken_ = other.taken_;
  offset_ = other.offset_;
  return *this;
}

Slate::~Slate() {
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
}

// ---- the parent's

base::Fd Slate::share() const {
  base::Fd copy(::fcntl(memory_.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) throw Error("cannot share memory with a horse: " + base::errno_text(errno));
  return copy;
}

Slate::Row Slate::open(Clock::time_point now) {
  if (++row_ == 0) ++row_;
  taken_ = 0;
  offset_ = 0;
  page_->opened.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  page_->state.store(open_row(row_, 1), std::memory_order_release);
  return row_;
}

std::vector<Slate::Note> Slate::take(Clock::time_point now) {
  const std::uint64_t state = page_->state.load(std::memory_order_acquire);
  if (state >> 32 != row_) throw DecodeError("its slate has another row than the one it was given");
  const auto noted = static_cast<int>(state & kBegunMask) - 1;
  std::vector<Note> notes;
  for (; taken_ < noted; ++taken_) {
    NoteHeader header;
    if (offset_ + sizeof header > Page::kNoteBytes) throw DecodeError("its slate is overfull");
    std::memcpy(&header, page_->notes.data() + offset_, sizeof header);
    offset_ += sizeof header;
    if (header.bytes < kFrameHeaderBytes || header.bytes > Page::kNoteBytes - offset_) {
      throw DecodeError("its slate has a note without an end");
    }
    // A copy, which nobody changes while it is read.
    const std::string frame(page_->notes.data() + offset_, header.bytes);
    offset_ += header.bytes;
    const std::string_view payload = std::string_view(frame).substr(kFrameHeaderBytes);
    const FrameHeader head = read_header(frame);
    if (head.payload_bytes != payload.size())
      throw DecodeError("its slate has a note of another size");
    auto decoded = decode<FromHorse>(head.type, payload);
    auto* outcome = std::get_if<Outcome>(&decoded);
    if (outcome == nullptr) throw DecodeError("its slate has a note that is no outcome");
    const auto ended = std::min(moment(header.ended), now);
    notes.push_back({std::move(*outcome), std::min(moment(header.began), ended), ended});
  }
  return notes;
}

void Slate::close() { page_->state.fetch_or(kClosed, std::memory_order_acq_rel); }

// ---- the horse's

bool Slate::go_on(Row row, int place, const Note& note) {
  if (row != row_) {
    row_ = row;
    offset_ = 0;
  }
  if (try_to_go_on(row, place, note)) return true;
  leave(row);
  return false;
}

bool Slate::try_to_go_on(Row row, int place, const Note& note) {
  const auto opened = moment(page_->opened.load(std::memory_order_relaxed));
  if (note.ended - opened > kLongestRow) return false;
  const std::string frame = encode(note.outcome);
  const NoteHeader header{.bytes = static_cast<std::uint32_t>(frame.size()),
                          .began = note.began.time_since_epoch().count(),
                          .ended = note.ended.time_since_epoch().count()};
  if (offset_ + sizeof header + frame.size() > Page::kNoteBytes) return false;
  std::memcpy(page_->notes.data() + offset_, &header, sizeof header);
  std::memcpy(page_->notes.data() + offset_ + sizeof header, frame.data(), frame.size());
  std::uint64_t expected = open_row(row, place + 1);
  if (!page_->state.compare_exchange_strong(expected, open_row(row, place + 2),
                                            std::memory_order_acq_rel)) {
    return false;
  }
  offset_ += sizeof header + frame.size();
  return true;
}

void Slate::leave(Row row) {
  std::uint64_t state = page_->state.load(std::memory_order_acquire);
  while (state >> 32 == row && (state & kClosed) == 0 &&
         !page_->state.compare_exchange_weak(state, state | kClosed, std::memory_order_acq_rel)) {
  }
}

}  // namespace rqpp::worker
