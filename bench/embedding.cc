// A program that is its own worker, for the benchmarks, until it gets a SIGTERM:
//
//     embedding URL MODULE_FOLDER THREADS QUEUE

#include <csignal>
#include <cstdlib>
#include <iostream>

#include <rqpp/embedded_worker.h>
#include <rqpp/error.h>

int main(int argc, char** argv) try {
  if (argc != 5) throw rqpp::InvalidArgument("embedding URL MODULE_FOLDER THREADS QUEUE");
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigaddset(&end, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &end, nullptr);

  rqpp::EmbeddedWorker worker({.queues = {argv[4]},
                               .url = argv[1],
                               .path = {argv[2]},
                               .threads = std::atoi(argv[3]),
                               .verbosity = rqpp::Verbosity::quiet});
  int signal = 0;
  ::sigwait(&end, &signal);
} catch (const rqpp::Error& error) {
  std::cerr << "embedding: " << error.what() << '\n';
  return 1;
}
