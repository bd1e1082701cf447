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

# rqpp_beside_library(<target> <name>)
#
# Puts a library or a program into a folder named after the version, beside librqpp, which finds it
# there (base/companion.h).
function(rqpp_beside_library target name)
  set(folder ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/rqpp-${PROJECT_VERSION})
  set_target_properties(
    ${target} PROPERTIES PREFIX "" OUTPUT_NAME ${name} INSTALL_RPATH "$ORIGIN/.." LIBRARY_OUTPUT_DIRECTORY ${folder}
                         RUNTIME_OUTPUT_DIRECTORY ${folder})
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
  target_link_libraries(rqpp_${folder} PRIVATE rqpp rqpp_compiler ${arg_LINK})
  rqpp_beside_library(rqpp_${folder} ${folder})
endfunction()
