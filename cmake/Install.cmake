# What `make install` and `make package` put where. Three ways to use what is installed:
# `find_package(rqpp)`, `pkg-config rqpp`, and the program rqpp itself, which finds its library
# relative to its own place, so that any prefix works.

include(CMakePackageConfigHelpers)

file(RELATIVE_PATH bin_to_lib /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${CMAKE_INSTALL_LIBDIR})
rqpp_finds_libraries_at(rqpp_cli ${bin_to_lib} lib)

get_property(companions GLOBAL PROPERTY RQPP_COMPANIONS)
install(TARGETS rqpp EXPORT rqppTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET rqpp_testing)
  rqpp_finds_libraries_at(rqpp_testing .)
  install(TARGETS rqpp_testing EXPORT rqppTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
set(beside_library ${CMAKE_INSTALL_LIBDIR}/rqpp-${PROJECT_VERSION})
install(TARGETS ${companions} LIBRARY DESTINATION ${beside_library} RUNTIME DESTINATION ${beside_library})
install(TARGETS rqpp_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET fib) # what `rqpp demo` runs
  file(RELATIVE_PATH libexec_to_lib /prefix/${CMAKE_INSTALL_LIBEXECDIR}/rqpp /prefix/${CMAKE_INSTALL_LIBDIR})
  rqpp_finds_libraries_at(fib ${libexec_to_lib} ../lib)
  install(TARGETS fib LIBRARY DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/rqpp)
endif()
install(
  DIRECTORY ${PROJECT_SOURCE_DIR}/include/rqpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING
  PATTERN *.h)

# What the program has told of itself, where man(1) and the shells look.
set(told ${PROJECT_BINARY_DIR}/cli/told)
install(DIRECTORY ${told}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${told}/rqpp DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${told}/_rqpp DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${told}/rqpp.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# For systemd, which looks there below /usr and /usr/local, on every architecture.
install(FILES ${PROJECT_SOURCE_DIR}/packaging/rqpp-worker@.service DESTINATION lib/systemd/system)

# For CMake: rqpp::rqpp and rqpp_add_module().
set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rqpp)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/rqppConfig.cmake.in ${PROJECT_BINARY_DIR}/rqppConfig.cmake
                              INSTALL_DESTINATION ${cmake_dir})
# Until 1.0 a new minor version may break what the one before accepted.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/rqppConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT rqppTargets NAMESPACE rqpp:: DESTINATION ${cmake_dir})
install(FILES ${PROJECT_BINARY_DIR}/rqppConfig.cmake ${PROJECT_BINARY_DIR}/rqppConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/RqppModule.cmake DESTINATION ${cmake_dir})

# For everybody else. The prefix is found from the file's own place.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pkgconfig_to_prefix /prefix/${pkgconfig_dir} /prefix)
string(REGEX REPLACE "/$" "" pkgconfig_to_prefix "${pkgconfig_to_prefix}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/rqpp.pc.in ${PROJECT_BINARY_DIR}/rqpp.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rqpp.pc DESTINATION ${pkgconfig_dir})

install(
  FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(
  DIRECTORY ${PROJECT_SOURCE_DIR}/docs
  DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING
  PATTERN *.md)

if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_CONTACT "The rqpp authors")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES ON)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION libs)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "redis-server | valkey-server")
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
  set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
      "A producer enqueues a call, Redis holds it, and a worker runs it in a process
of its own. Speaks the wire format of Python RQ in both directions. Holds the
command line rqpp, the library and its headers.")
  include(CPack)
endif()
