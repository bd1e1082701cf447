# Compiler settings shared by everything in this project: warnings, sanitizers, ccache.

find_program(RQPP_CCACHE ccache)
if(RQPP_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without this it does not touch files that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${RQPP_CCACHE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess) # the same
endif()

add_library(rqpp_compiler INTERFACE)
target_compile_features(rqpp_compiler INTERFACE cxx_std_20)
target_compile_options(rqpp_compiler INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor)
if(RQPP_WERROR)
  target_compile_options(rqpp_compiler INTERFACE -Werror)
endif()

if(RQPP_SANITIZE)
  add_compile_options(-fsanitize=${RQPP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RQPP_SANITIZE})
endif()
if(RQPP_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# Hardening, as distributions compile: what a bug in the parsing of hostile bytes would need is not
# there. Only where the compiler optimises, since _FORTIFY_SOURCE works nowhere else, and a sanitizer
# finds more. docs/performance.md says what it costs.
if(NOT RQPP_SANITIZE AND NOT RQPP_FUZZ)
  include(CheckCXXCompilerFlag)
  foreach(flag stack-protector-strong stack-clash-protection cf-protection)
    check_cxx_compiler_flag(-f${flag} RQPP_HAS_${flag})
    if(RQPP_HAS_${flag})
      add_compile_options($<$<NOT:$<CONFIG:Debug>>:-f${flag}>)
    endif()
  endforeach()
  # A distribution's compiler may have set a level of its own.
  add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
endif()

# A horse is a fresh fork for each job. What is bound lazily would be bound again in each of them, and
# each mapping of a library costs the fork and its end about 3 microseconds: two instead of five.
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noseparate-code)
