// Faults on demand: system calls on chosen paths fail, are cut short, kill their process or cut its power. For tests
// alone, compiled into one or loaded in front of a program (LD_PRELOAD=libdanas_fault.so DANAS_FAULT=PLAN danas ...).
//
// A plan is `key=value;key=value...`:
//   path=TEXT     calls on paths that hold TEXT are looked at; without it none is
//   on=TEXT       of these, calls on paths that hold this TEXT as well are counted, from 1; without it all
//   calls=A,B     only these: open (to write) look (open to read) write fsync close rename truncate unlink mkdir flock;
//                 all without it
//   at=N          the N-th is the one; 0: none
//   do=WHAT       short: a write takes half of the bytes     torn: half of them, then SIGKILL
//                 kill-before, kill-after: SIGKILL           cut-before, cut-after: power cut, see below
//                 command: COMMAND of `command=COMMAND` is run first
//                 ENOSPC, EIO, EROFS, EACCES, EINTR: the call fails so and does nothing
//   lasting=1     every call from the N-th on fails
//   trace=FILE    a line "NUMBER CALL PATH" is added for each call looked at; NUMBER is '-' where it is not counted
//   nosync=1      fsync() says yes and does nothing, for speed
//   clock=S@N     from the N-th time on that the date is asked for it is S seconds off
//
// A power cut takes back what was not flushed: files are as long as at their last fsync(), and names (new files and
// folders, renames) whose folder was not flushed since are as before. With `names=kept` names stay and bytes alone are
// lost: a file system may do either. Old files whose names were taken are kept in `saved=FOLDER`, which must be there,
// on the same file system. Then SIGKILL.
#pragma once

namespace danas::test {

// Replaces the plan (of DANAS_FAULT, or none) and counts from 1 again. Not to be called while other threads call.
void SetFaults(const char* plan);

}  // namespace danas::test
