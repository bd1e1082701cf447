#include "worker/code_place.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace rqpp::worker {
namespace {

using Segments = std::span<const ElfW(Phdr)>;

bool holds(const ElfW(Phdr) & segment, std::uintptr_t offset, std::size_t bytes) {
  return segment.p_type == PT_LOAD && (segment.p_flags & PF_R) != 0 && offset >= segment.p_vaddr &&
         offset + bytes <= segment.p_vaddr + segment.p_filesz;
}

std::string build_id_in(std::string_view notes, std::size_t alignment) {
  const auto padded = [alignment](std::size_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
  };
  ElfW(Nhdr) header;
  while (notes.size() >= sizeof header) {
    std::memcpy(&header, notes.data(), sizeof header);
    const std::size_t value = sizeof header + padded(header.n_namesz);
    const std::size_t end = padded(value + header.n_descsz);
    if (value + header.n_descsz > notes.size()) return {};
    if (header.n_type == NT_GNU_BUILD_ID && notes.substr(sizeof header).starts_with("GNU")) {
      std::string id;
      for (const char byte : notes.substr(value, header.n_descsz)) {
        id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
      }
      return id;
    }
    notes.remove_prefix(std::min(end, notes.size()));
  }
  return {};
}

std::string build_id_of(const dl_phdr_info& binary) {
  const Segments segments(binary.dlpi_phdr, binary.dlpi_phnum);
  for (const ElfW(Phdr) & notes : segments) {
    const bool loaded =
        std::any_of(segments.begin(), segments.end(), [&notes](const ElfW(Phdr) & segment) {
          return holds(segment, notes.p_vaddr, notes.p_memsz);
        });
    if (notes.p_type != PT_NOTE || !loaded) continue;
    const auto* begin = reinterpret_cast<const char*>(binary.dlpi_addr + notes.p_vaddr);
    std::string id = build_id_in({begin, notes.p_memsz}, notes.p_align == 8 ? 8 : 4);
    if (!id.empty()) return id;
  }
  return {};
}

std::string file_identity(const char* file) {
  struct stat info {};
  if (::stat(file, &info) != 0) return {};
  return fmt::format("{}:{}:{}:{}.{}:{}.{}", info.st_dev, info.st_ino, info.st_size,
                     info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec,
                     info.st_ctim.tv_nsec);
}

struct Search {
  std::uintptr_t address = 0;
  std::string place{};
};

int look_into(dl_phdr_info* binary, std::size_t /*bytes*/, void* data) {
  auto& search = *static_cast<Search*>(data);
  const std::uintptr_t offset = search.address - binary->dlpi_addr;
  const Segments segments(binary->dlpi_phdr, binary->dlpi_phnum);
  const bool here =
      std::any_of(segments.begin(), segments.end(),
                  [offset](const ElfW(Phdr) & segment) { return holds(segment, offset, 1); });
  if (!here) return 0;
  const bool is_program = binary->dlpi_name == nullptr || *binary->dlpi_name == '\0';
  const char* file = is_program ? "/proc/self/exe" : binary->dlpi_name;
  std::string identity = build_id_of(*binary);
  if (identity.empty()) identity = file_identity(file);
  if (!identity.empty()) search.place = fmt::format("{} {} {:#x}", file, identity, offset);
  return 1;
}

}  // namespace

std::string place_of(const void* address) {
  Search search{.address = reinterpret_cast<std::uintptr_t>(address)};
  ::dl_iterate_phdr(look_into, &search);
  return search.place;
}

}  // namespace rqpp::worker
