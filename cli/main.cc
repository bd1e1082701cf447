#include <iostream>
#include <string>
#include <vector>

#include "program.h"
#include "redis/secrets.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  // Everybody on this machine may read the words of a process.
  for (char** word = argv + 1; word < argv + argc; ++word) rqpp::redis::hide_secrets_in(*word);
  rqpp::cli::Context context(std::cout, std::cerr, rqpp::redis::process_environment());
  const int code = rqpp::cli::run_program(words, context);
  if (std::cout.flush()) return code;
  context.complain("cannot write to standard output");
  return code == rqpp::cli::kDone ? rqpp::cli::kFailed : code;
}
