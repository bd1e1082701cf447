#pragma once

// Which sanitizer these tests run under. It needs memory of its own, may end a process in its own
// way, and puts its frames on every stack.
namespace rqpp::test {

#if defined(__has_feature)
#define RQPP_HAS_FEATURE(name) __has_feature(name)
#else
#define RQPP_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || RQPP_HAS_FEATURE(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__) || RQPP_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

#undef RQPP_HAS_FEATURE

}  // namespace rqpp::test
