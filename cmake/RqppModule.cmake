# rqpp_add_module(<name> <source>...)
#
# Builds a module of tasks, <name>.so, which `rqpp worker` finds on its path by that name.
function(rqpp_add_module name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE rqpp::rqpp)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so")
  # Fewer mappings and no lazy binding: each fork of a horse is cheaper.
  target_link_options(${name} PRIVATE -Wl,-z,now -Wl,-z,noseparate-code)
endfunction()
