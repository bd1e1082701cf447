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
endfunction()
