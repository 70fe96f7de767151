#pragma once

namespace interconnect::testing {

// How many times longer than in a build for use a process may take. ThreadSanitizer makes everything slower, and
// searches an uninstrumented library's names for seconds before it drops its first report of it.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kSlowdown = 5;
#else
inline constexpr int kSlowdown = 1;
#endif

}  // namespace interconnect::testing
