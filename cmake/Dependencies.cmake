# The libraries that rqpp stands on, all from the distribution's packages (see scripts/setup).

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
# Two small functions of hiredis are used. From the archive they cost a fork nothing, and a module may
# bring a hiredis of its own.
find_library(RQPP_HIREDIS_ARCHIVE libhiredis.a HINTS ${hiredis_LIBRARY_DIRS} ${hiredis_LIBDIR})
mark_as_advanced(RQPP_HIREDIS_ARCHIVE)
add_library(rqpp_hiredis INTERFACE)
if(RQPP_HIREDIS_ARCHIVE)
  target_include_directories(rqpp_hiredis INTERFACE ${hiredis_INCLUDE_DIRS})
  target_link_libraries(rqpp_hiredis INTERFACE ${RQPP_HIREDIS_ARCHIVE})
else()
  target_link_libraries(rqpp_hiredis INTERFACE PkgConfig::hiredis)
endif()
pkg_check_modules(libdw IMPORTED_TARGET libdw)
