// Runs what waits in the queue q, in this process: interop_drain URL FOLDER_OF_MODULES.
#include <exception>
#include <iostream>

#include <rqpp/testing.h>

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  rqpp::drain(rqpp::Queue("q", {.url = argv[1]}), {.path = {argv[2]}});
} catch (const std::exception& error) {
  std::cout << error.what() << '\n';
  return 1;
}
