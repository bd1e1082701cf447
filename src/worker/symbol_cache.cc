#include "worker/symbol_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <functional>
#include <utility>

namespace rqpp::worker {
namespace {

using symbols::Frame;

/// What a slot begins with; the text of `bytes` follows.
struct SlotHeader {
  std::uint64_t hash = 0;  // of the text: half a slot may be another's
  std::uint64_t bytes = 0;
};

constexpr std::size_t kMostText = SymbolCache::kSlotBytes - sizeof(SlotHeader);

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

::off_t offset_of(std::string_view place) {
  return static_cast<::off_t>(hash_of(place) % SymbolCache::kSlots * SymbolCache::kSlotBytes);
}

// The place, then three fields for each frame; each ends with a zero byte.
std::string to_text(std::string_view place, const std::vector<Frame>& frames) {
  std::string text;
  const auto append = [&text](std::string_view field) { text.append(field).push_back('\0'); };
  append(place);
  for (const Frame& frame : frames) {
    append(frame.function);
    append(frame.file);
    append(std::to_string(frame.line));
  }
  return text;
}

std::string_view take_field(std::string_view& text) {
  const std::size_t end = std::min(text.find('\0'), text.size());
  const std::string_view field = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return field;
}

std::vector<Frame> to_frames(std::string_view text) {
  std::vector<Frame> frames;
  while (!text.empty()) {
    Frame frame{.function = std::string(take_field(text)), .file = std::string(take_field(text))};
    const std::string_view line = take_field(text);
    std::from_chars(line.data(), line.data() + line.size(), frame.line);
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace

SymbolCache::SymbolCache()
    : memory_(::memfd_create("rqpp-symbols", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  struct stat info {};
  constexpr int kSizeStays = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (!memory_ || ::ftruncate(memory_.get(), kSlots * kSlotBytes) != 0 ||
      ::fcntl(memory_.get(), F_ADD_SEALS, kSizeStays) != 0 || ::fstat(memory_.get(), &info) != 0) {
    memory_.reset();
  }
  path_ = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(memory_.get());
  device_ = info.st_dev;
  inode_ = info.st_ino;
}

// Opens the file by its path, because horses close the descriptors that they inherit. The path may
// lead to another file by now: its creator may have ended, or a task may have closed the
// descriptor.
base::Fd SymbolCache::open() const {
  base::Fd memory(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  const bool is_same = memory && ::fstat(memory.get(), &info) == 0 && info.st_dev == device_ &&
                       info.st_ino == inode_;
  return is_same ? std::move(memory) : base::Fd();
}

std::optional<std::vector<Frame>> SymbolCache::find(std::string_view place) const {
  std::array<char, kSlotBytes> slot{};
  const base::Fd memory = open();
  const ::ssize_t size = ::pread(memory.get(), slot.data(), slot.size(), offset_of(place));
  if (size != static_cast<::ssize_t>(slot.size())) return std::nullopt;
  SlotHeader header;
  std::memcpy(&header, slot.data(), sizeof header);
  if (header.bytes == 0 || header.bytes > kMostText) return std::nullopt;
  std::string_view text(slot.data() + sizeof header, header.bytes);
  if (hash_of(text) != header.hash || take_field(text) != place) return std::nullopt;
  return to_frames(text);
}

void SymbolCache::insert(std::string_view place, const std::vector<Frame>& frames) {
  const std::string text = to_text(place, frames);
  rlimit most{};
  const bool may_write = ::getrlimit(RLIMIT_FSIZE, &most) == 0 &&
                         (most.rlim_cur == RLIM_INFINITY || most.rlim_cur > kSlots * kSlotBytes);
  if (text.size() > kMostText || !may_write) return;
  const SlotHeader header{.hash = hash_of(text), .bytes = text.size()};
  std::array<char, kSlotBytes> slot{};
  std::memcpy(slot.data(), &header, sizeof header);
  std::memcpy(slot.data() + sizeof header, text.data(), text.size());
  // A partial write does not match its hash, and is not found.
  const base::Fd memory = open();
  const ::ssize_t written =
      ::pwrite(memory.get(), slot.data(), sizeof header + text.size(), offset_of(place));
  if (written > 0) ++insertions_;
}

}  // namespace rqpp::worker
