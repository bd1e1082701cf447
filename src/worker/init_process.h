#pragma once

namespace rqpp::worker {

/// Where this is process 1, as the first one of a container is: goes on in a child, and stays
/// behind as an init that reaps what jobs leave behind, hands signals on to the child, and ends as
/// the child does. Elsewhere, and in the child, returns at once. Call it before anything is
/// started.
void go_on_below_init();

}  // namespace rqpp::worker
