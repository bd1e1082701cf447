# rqpp_library(<folder> [DEPENDS <folder>...] [LINK <target>...] [FIRST <source>...])
#
# Declares one folder of src/ as a library. Its sources are found by glob. DEPENDS names the folders
# below it in the picture of docs/internals.md; a test checks that its includes go nowhere else. FIRST
# names sources, without .cc, whose code shall lie together at the beginning.
function(rqpp_library folder)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK;FIRST" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  list(TRANSFORM arg_FIRST PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/)
  list(TRANSFORM arg_FIRST APPEND .cc)
  list(REMOVE_ITEM sources ${arg_FIRST})
  list(PREPEND sources ${arg_FIRST})
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

# rqpp_companion(<folder> [LINK <target>...])
#
# Declares one folder of src/ as a library of its own, which librqpp loads when it is first used. It
# lies in a folder named after the version, beside librqpp.
function(rqpp_companion folder)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  add_library(rqpp_${folder} MODULE ${sources})
  target_include_directories(rqpp_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(rqpp_${folder} PRIVATE rqpp rqpp_compiler ${arg_LINK})
  set_target_properties(
    rqpp_${folder}
    PROPERTIES PREFIX "" SUFFIX ".so" OUTPUT_NAME ${folder} INSTALL_RPATH "$ORIGIN/.."
               LIBRARY_OUTPUT_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/rqpp-${PROJECT_VERSION})
  set_property(GLOBAL APPEND PROPERTY RQPP_COMPANIONS rqpp_${folder})
endfunction()
