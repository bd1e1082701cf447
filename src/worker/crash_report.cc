#include "worker/crash_report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "base/fd.h"
#include "worker/describe_exit.h"
#include "worker/memory_map.h"
#include "worker/traceback.h"

namespace rqpp::worker {
namespace {

// ---- words

// An access as near to the stack pointer hits the page that guards the stack: whatever lies on the
// stack is mapped.
constexpr std::uint64_t kNearStack = std::uint64_t{64} << 10;
constexpr std::uint64_t kNearNull = std::uint64_t{64} << 10;

bool is_near(std::uint64_t a, std::uint64_t b) { return (a > b ? a - b : b - a) < kNearStack; }

std::string memory_fault(const Crash& crash) {
  if (crash.code == SI_KERNEL) return "it used an address that no process can have";
  if (crash.signal == SIGSEGV && is_near(crash.address, crash.stack_pointer)) {
    return fmt::format(
        "its stack overflowed (address {:#x}): recursion without end, or large "
        "local variables? Raise the limit with `ulimit -s` if it needs more",
        crash.address);
  }
  if (crash.address < kNearNull) {
    return fmt::format("it used a null pointer (address {:#x})", crash.address);
  }
  if (crash.signal == SIGBUS) {
    return fmt::format(
        "it used address {:#x}, which has no memory behind it: did a file that it "
        "has mapped become shorter?",
        crash.address);
  }
  return crash.code == SEGV_ACCERR
             ? fmt::format("it used address {:#x} in a way that is not permitted there",
                           crash.address)
             : fmt::format("it used address {:#x}, where nothing is", crash.address);
}

std::string fault_words(const Crash& crash) {
  if (crash.sender != 0) return fmt::format("sent by process {}", crash.sender);
  switch (crash.signal) {
    case SIGSEGV:
    case SIGBUS:
      return memory_fault(crash);
    case SIGFPE:
      return crash.code == FPE_INTDIV ? "it divided an integer by zero" : "";
    case SIGILL:
      return fmt::format("there is no instruction that this machine knows at address {:#x}",
                         crash.address);
    default:
      return "";
  }
}

// ---- places

/// Where what lies at an address of the crashed process lies in its file.
std::string place_in_file(const std::vector<Mapping>& mappings, std::uint64_t address) {
  const Mapping* mapping = mapping_at(mappings, address);
  if (mapping == nullptr) return fmt::format("{:#x}", address);
  return fmt::format("{}+{:#x}", mapping->file, address - mapping->begin + mapping->offset);
}

std::string own_maps() {
  std::ifstream file("/proc/self/maps");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Maps a file as another process has it, for its symbols to be looked up: nothing of it runs.
/// Returns where its first byte lies; 0 if it cannot be mapped.
std::uint64_t map_image(const std::vector<Mapping>& image) {
  const base::Fd file(::open(image.front().file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return 0;
  const std::uint64_t first = image.front().begin;
  void* whole = ::mmap(nullptr, image.back().end - first, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (whole == MAP_FAILED) return 0;
  for (const Mapping& part : image) {
    void* at = static_cast<char*>(whole) + (part.begin - first);
    // Where this fails, addresses stay without names.
    (void)::mmap(at, part.end - part.begin, PROT_READ, MAP_PRIVATE | MAP_FIXED, file.get(),
                 static_cast<off_t>(part.offset));
  }
  return reinterpret_cast<std::uint64_t>(whole);
}

/// The addresses of the crashed process as addresses of this one.
class Translator {
 public:
  explicit Translator(std::string_view theirs)
      : theirs_(parse_maps(theirs)), ours_(parse_maps(own_maps())) {}

  /// Null if what lay there cannot be seen here.
  void* translate(std::uint64_t address) {
    const Mapping* mapping = mapping_at(theirs_, address);
    if (mapping == nullptr) return nullptr;
    const std::vector<Mapping> image = image_of(theirs_, mapping->file);
    const std::uint64_t base = base_of(image);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it is a number in the other process
    return base == 0 ? nullptr : reinterpret_cast<void*>(base + (address - image.front().begin));
  }

 private:
  std::uint64_t base_of(const std::vector<Mapping>& image) {
    const auto [place, is_new] = bases_.try_emplace(image.front().file, 0);
    if (!is_new) return place->second;
    const std::vector<Mapping> own = image_of(ours_, image.front().file);
    place->second = own.empty() ? map_image(image) : own.front().begin;
    return place->second;
  }

  std::vector<Mapping> theirs_;
  std::vector<Mapping> ours_;
  std::map<std::string, std::uint64_t> bases_{};
};

}  // namespace

std::string crash_headline(const Crash& crash) {
  const std::string words = fault_words(crash);
  return words.empty() ? signal_words(crash.signal)
                       : fmt::format("{}: {}", signal_words(crash.signal), words);
}

std::string plain_backtrace(const Crash& crash) {
  if (crash.addresses.empty()) return {};
  const std::vector<Mapping> mappings = parse_maps(crash.maps);
  std::string text(kBacktraceHeading);
  for (auto address = crash.addresses.rbegin(); address != crash.addresses.rend(); ++address) {
    text += fmt::format("  File \"{}\", in ?\n", place_in_file(mappings, *address));
  }
  return text;
}

std::string named_backtrace(const Crash& crash) {
  Translator translator(crash.maps);
  ThrowPoint point{.cut = crash.cut};
  for (const std::uint64_t address : crash.addresses) {
    auto* here = static_cast<char*>(translator.translate(address));
    // All are taken for return addresses, which lie behind the call. The first one is where it was.
    if (here != nullptr && point.addresses.empty()) ++here;
    point.addresses.push_back(here);
  }
  return backtrace_text(point);
}

}  // namespace rqpp::worker
