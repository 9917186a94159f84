// Waits that a signal or a time limit can end, although what they wait in (a name server, a socket, a library) heeds
// neither.
#pragma once

#include <functional>
#include <stop_token>

namespace danas {

// Calls `work` on a thread of its own and waits for it; throws what it throws. About ten times a second `look` is
// called here with the seconds waited so far. What it throws ends the wait: `work` is asked to stop, and where it does
// not heed that its thread is left behind. So `work` must own what it uses: it may outlive this call.
void Await(std::function<void(std::stop_token stop)> work, const std::function<void(double seconds)>& look);

// Says that a library's thread, too, keeps running by itself and cannot be waited for.
void LeaveThreadBehind();

// Whether a thread was left behind: the process must then end without destroying statics under it (std::_Exit).
bool ThreadsLeftBehind();

}  // namespace danas
