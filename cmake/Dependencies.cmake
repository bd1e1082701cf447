# The libraries that rqpp stands on, all from the distribution's packages (see scripts/setup).

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(libdw IMPORTED_TARGET libdw)
pkg_check_modules(libcurl IMPORTED_TARGET libcurl>=7.85)
pkg_search_module(lua IMPORTED_TARGET lua5.1 lua51 lua-5.1)

# rqpp_from_archive(<name> <function> SHARED <target> [INCLUDE <folder>...])
#
# Declares rqpp_<name>: lib<name>.a, if it can become part of a shared library, else the shared
# library. Of these libraries a few functions are used; from the archive they cost a fork nothing, and a
# module may bring another version of its own.
function(rqpp_from_archive name function)
  cmake_parse_arguments(arg "" "SHARED" "INCLUDE" ${ARGN})
  find_library(RQPP_ARCHIVE_${name} lib${name}.a HINTS ${hiredis_LIBRARY_DIRS} ${hiredis_LIBDIR})
  mark_as_advanced(RQPP_ARCHIVE_${name})
  add_library(rqpp_${name} INTERFACE)
  if(RQPP_ARCHIVE_${name})
    set(CMAKE_REQUIRED_FLAGS -fPIC)
    set(CMAKE_REQUIRED_LINK_OPTIONS -shared -Wl,--exclude-libs,lib${name}.a)
    set(CMAKE_REQUIRED_LIBRARIES ${RQPP_ARCHIVE_${name}})
    check_cxx_source_compiles(
      "extern \"C\" int ${function}(); int used() { return ${function}(); } int main() { return used(); }"
      RQPP_ARCHIVE_${name}_FITS)
  endif()
  if(RQPP_ARCHIVE_${name}_FITS)
    target_include_directories(rqpp_${name} INTERFACE ${arg_INCLUDE})
    target_link_libraries(rqpp_${name} INTERFACE ${RQPP_ARCHIVE_${name}})
  else()
    target_link_libraries(rqpp_${name} INTERFACE ${arg_SHARED})
  endif()
endfunction()

include(CheckCXXSourceCompiles)
rqpp_from_archive(hiredis redisReaderFeed SHARED PkgConfig::hiredis INCLUDE ${hiredis_INCLUDE_DIRS})
rqpp_from_archive(z inflate SHARED ZLIB::ZLIB INCLUDE ${ZLIB_INCLUDE_DIRS})
