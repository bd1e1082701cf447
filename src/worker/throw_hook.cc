#include "worker/throw_hook.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rqpp::worker {
namespace {

constexpr std::string_view kName = "_Unwind_RaiseException";

#if defined(__x86_64__)
constexpr bool is_call(ElfW(Xword) info) {
  const auto type = ELF64_R_TYPE(info);
  return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
}
#elif defined(__aarch64__)
constexpr bool is_call(ElfW(Xword) info) {
  const auto type = ELF64_R_TYPE(info);
  return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
}
#endif

#if defined(__x86_64__) || defined(__aarch64__)

/// One loaded object, by what its dynamic section says.
class Object {
 public:
  explicit Object(const dl_phdr_info& info) : base_(info.dlpi_addr) {
    const ElfW(Dyn)* dynamic = nullptr;
    for (int i = 0; i < info.dlpi_phnum; ++i) {
      const ElfW(Phdr)& part = info.dlpi_phdr[i];
      if (part.p_type == PT_DYNAMIC) dynamic = at<const ElfW(Dyn)>(base_ + part.p_vaddr);
      if (part.p_type == PT_GNU_RELRO) {
        relro_begin_ = base_ + part.p_vaddr;
        relro_end_ = relro_begin_ + part.p_memsz;
      }
    }
    if (dynamic != nullptr) read(dynamic);
  }

  void redirect(RaiseFunction hook) const {
    if (symbols_ == nullptr || strings_ == nullptr) return;
    redirect(calls_, calls_bytes_, hook);
    redirect(others_, others_bytes_, hook);
  }

 private:
  template <class T>
  static T* at(std::uintptr_t address) {
    return reinterpret_cast<T*>(address);  // NOLINT(performance-no-int-to-ptr): of the loader
  }
  // The loader has made addresses of offsets, except where it may not write.
  template <class T>
  T* table(const ElfW(Dyn) & entry) const {
    const std::uintptr_t value = entry.d_un.d_ptr;
    return at<T>(value >= base_ ? value : base_ + value);
  }

  void read(const ElfW(Dyn) * entry) {
    for (; entry->d_tag != DT_NULL; ++entry) {
      switch (entry->d_tag) {
        case DT_SYMTAB:
          symbols_ = table<const ElfW(Sym)>(*entry);
          break;
        case DT_STRTAB:
          strings_ = table<const char>(*entry);
          break;
        case DT_JMPREL:
          calls_ = table<const ElfW(Rela)>(*entry);
          break;
        case DT_PLTRELSZ:
          calls_bytes_ = entry->d_un.d_val;
          break;
        case DT_RELA:
          others_ = table<const ElfW(Rela)>(*entry);
          break;
        case DT_RELASZ:
          others_bytes_ = entry->d_un.d_val;
          break;
        default:
          break;
      }
    }
  }

  void redirect(const ElfW(Rela) * entries, std::size_t bytes, RaiseFunction hook) const {
    if (entries == nullptr) return;
    for (const ElfW(Rela)* entry = entries; entry != entries + bytes / sizeof *entry; ++entry) {
      if (!is_call(entry->r_info)) continue;
      const ElfW(Sym)& symbol = symbols_[ELF64_R_SYM(entry->r_info)];
      // The library that defines it calls it for what is thrown again.
      if (symbol.st_shndx != SHN_UNDEF) continue;
      if (kName == strings_ + symbol.st_name) write(base_ + entry->r_offset, hook);
    }
  }

  void write(std::uintptr_t place, RaiseFunction hook) const {
    auto* slot = at<RaiseFunction>(place);
    if (*slot == hook) return;
    // What is bound at the start is read-only from then on.
    const bool sealed = place >= relro_begin_ && place < relro_end_;
    const auto page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    void* page = at<void>(place & ~(page_bytes - 1));
    if (sealed && ::mprotect(page, page_bytes, PROT_READ | PROT_WRITE) != 0) return;
    __atomic_store_n(slot, hook, __ATOMIC_RELEASE);
    if (sealed) ::mprotect(page, page_bytes, PROT_READ);
  }

  std::uintptr_t base_;
  std::uintptr_t relro_begin_ = 0;
  std::uintptr_t relro_end_ = 0;
  const ElfW(Sym) * symbols_ = nullptr;
  const char* strings_ = nullptr;
  const ElfW(Rela) * calls_ = nullptr;  // functions, bound at their first call or at the start
  std::size_t calls_bytes_ = 0;
  const ElfW(Rela) * others_ = nullptr;  // among them functions that are called without a stub
  std::size_t others_bytes_ = 0;
};

// How many objects had been loaded, ever, when all that was there was redirected.
constinit std::atomic<unsigned long long> seen{0};  // NOLINT(google-runtime-int): the linker's type

int redirect_object(dl_phdr_info* info, std::size_t, void* hook) {
  if (info->dlpi_adds == seen.load(std::memory_order_relaxed)) return 1;  // nothing is new
  Object(*info).redirect(*static_cast<const RaiseFunction*>(hook));
  return 0;
}

int count_objects(dl_phdr_info* info, std::size_t, void*) {
  seen.store(info->dlpi_adds, std::memory_order_relaxed);
  return 1;
}

#endif

}  // namespace

RaiseFunction runtime_raise() noexcept {
  static const auto found = reinterpret_cast<RaiseFunction>(::dlsym(RTLD_DEFAULT, kName.data()));
  return found;
}

void hook_throws([[maybe_unused]] RaiseFunction hook) noexcept {
#if defined(__x86_64__) || defined(__aarch64__)
  if (runtime_raise() == nullptr) return;
  if (::dl_iterate_phdr(redirect_object, &hook) == 0) ::dl_iterate_phdr(count_objects, nullptr);
#endif
}

}  // namespace rqpp::worker
