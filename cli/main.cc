#include <iostream>

#include "program.h"

int main(int argc, char** argv) {
  rqpp::cli::Context context(std::cout, std::cerr, rqpp::redis::process_environment());
  const int code = rqpp::cli::run_program({argv + 1, argv + argc}, context);
  std::cout.flush();
  return code;
}
