# rqpp_library(<folder> [DEPENDS <folder>...] [LINK <target>...])
#
# Declares one folder of src/ as a library. Its sources are found by glob. DEPENDS names the folders
# below it in the picture of docs/internals.md; a test checks that its includes go nowhere else.
function(rqpp_library folder)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  add_library(rqpp_${folder} OBJECT ${sources})
  target_include_directories(
    rqpp_${folder} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)
  list(TRANSFORM arg_DEPENDS PREPEND rqpp_)
  target_link_libraries(rqpp_${folder} PUBLIC ${arg_DEPENDS} ${arg_LINK} PRIVATE rqpp_compiler)
  set_property(GLOBAL APPEND PROPERTY RQPP_FOLDERS rqpp_${folder})
  # What most files include; parsing it is most of the time that they take.
  if(folder STREQUAL "base")
    target_precompile_headers(
      rqpp_base
      PRIVATE
      <fmt/format.h>
      <algorithm>
      <chrono>
      <functional>
      <map>
      <memory>
      <optional>
      <span>
      <string>
      <variant>
      <vector>)
  else()
    target_precompile_headers(rqpp_${folder} REUSE_FROM rqpp_base)
  endif()
endfunction()

# rqpp_finds_libraries_at(<target> <folder>...)
#
# Where a library or program that is installed looks for librqpp, seen from its own place: there, and in
# the build tree. One list for both, since CMake ends a list that it will exchange at the installation
# with a colon; what follows is an empty entry, the current directory, from which anybody's librqpp.so
# would be loaded.
function(rqpp_finds_libraries_at target)
  list(TRANSFORM ARGN PREPEND "$ORIGIN/")
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "${ARGN}" BUILD_WITH_INSTALL_RPATH ON)
endfunction()

# rqpp_shows(<target>)
#
# Hides what src/exports.map does not name.
function(rqpp_shows target)
  target_link_options(${target} PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/src/exports.map)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${PROJECT_SOURCE_DIR}/src/exports.map)
endfunction()

# rqpp_beside_library(<target> <name>)
#
# Puts a library or a program into a folder named after the version, beside librqpp, which finds it
# there (base/companion.h).
function(rqpp_beside_library target name)
  set(folder ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/rqpp-${PROJECT_VERSION})
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${folder}
                                             RUNTIME_OUTPUT_DIRECTORY ${folder})
  rqpp_finds_libraries_at(${target} ..)
  set_property(GLOBAL APPEND PROPERTY RQPP_COMPANIONS ${target})
endfunction()

# rqpp_companion(<folder> [LINK <target>...])
#
# Declares one folder of src/ as a library of its own, which librqpp loads when it is first used.
function(rqpp_companion folder)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  add_library(rqpp_${folder} MODULE ${sources})
  target_include_directories(rqpp_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(rqpp_${folder} PRIVATE rqpp rqpp_hidden rqpp_compiler ${arg_LINK})
  rqpp_shows(rqpp_${folder})
  rqpp_beside_library(rqpp_${folder} ${folder})
endfunction()
