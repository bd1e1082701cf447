#include "worker/fewer_mappings.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace rqpp::worker {
namespace {

int join_parts_of(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = object->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || part.p_flags != PF_R) continue;
    const std::uintptr_t begin = (object->dlpi_addr + part.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + part.p_vaddr + part.p_memsz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is what the loader's table holds
    if (::mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_EXEC) != 0) {
      return 1;  // not allowed for the others either
    }
  }
  return 0;
}

}  // namespace

void join_mappings() noexcept { ::dl_iterate_phdr(join_parts_of, nullptr); }

}  // namespace rqpp::worker
