#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include <rqpp/module.h>

namespace {

void open_and_fail(const std::string& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::logic_error(::dlerror());
  reinterpret_cast<void (*)()>(::dlsym(library, "fail_in_plugin"))();
}

}  // namespace

RQPP_MODULE(opens) { tasks.add("fail", open_and_fail, {"path"}); }
