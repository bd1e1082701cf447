#include <iostream>

#include "program.h"

int main(int argc, char** argv) {
  rqpp::cli::Context context(std::cout, std::cerr, rqpp::redis::process_environment());
  const int code = rqpp::cli::run_program({argv + 1, argv + argc}, context);
  if (std::cout.flush()) return code;
  context.complain("cannot write to standard output");
  return code == rqpp::cli::kDone ? rqpp::cli::kFailed : code;
}
