"""The commands of danas that scripts/truth-table runs: short ones that answer, and trainings, several at once."""

import ctypes
import json
import shutil
import signal
import subprocess
import time

from step_session import PATIENCE, end_all
from truth_table_file import Row, name_of

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class Failed(Exception):
    """A command of danas that failed."""


class Danas:
    def __init__(self, program):
        self.program = str(program)

    def json(self, *words):
        try:
            done = subprocess.run([self.program, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, check=False)
        except OSError as error:
            raise Failed(f"{self.program}: {error.strerror}. Give the program with --danas") from None
        if done.returncode:
            raise Failed(f"danas {' '.join(map(str, words))}: exit code {done.returncode}\n{done.stderr.strip()}")
        return json.loads(done.stdout)

    def begin(self, words, log):
        """A process that ends with this script, however that ends."""
        def end_with_parent():
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with open(log, "wb") as output:
            return subprocess.Popen([self.program, *map(str, words)], stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=end_with_parent)


class Trainings:
    """Up to `jobs` trainings at once; each leaves its row, and nothing else."""

    def __init__(self, danas, config, space, images, work):
        self.danas, self.config, self.space, self.images, self.work = danas, config, space, images, work
        self.running = {}  # by process: (network, seed, folder)
        self.seconds = 0.0  # of those that are done

    def begin(self, network, seed):
        folder = self.work / "trainings" / f"{name_of(network)}@{seed}"
        shutil.rmtree(folder, ignore_errors=True)  # of a training that was killed
        folder.mkdir(parents=True)
        file = folder / "network.json"
        file.write_text(json.dumps(self.space.network_file(network)), encoding="utf-8")
        words = ["finetune", "--arch", file, "--config", self.config, "--data", self.images, "--seed", seed,
                 "--run", folder / "run", "--quiet", "--set", "runtime.threads=1", "--set", "log.tensorboard=false"]
        self.running[self.danas.begin(words, folder / "log")] = (network, seed, folder)

    def next(self):
        """The row of the training that ends next."""
        while True:
            for process, (network, seed, folder) in self.running.items():
                if process.poll() is not None:
                    del self.running[process]
                    return self.finish(process.returncode, network, seed, folder)
            time.sleep(0.02)

    def finish(self, code, network, seed, folder):
        if code:
            said = (folder / "log").read_text(errors="replace").strip()
            raise Failed(f"network {name_of(network)}, seed {seed}: exit code {code}\n{said[-2000:]}\nin {folder}")
        result = json.loads((folder / "run/result.json").read_text(encoding="utf-8"))
        classes = json.loads((folder / "run/network.json").read_text(encoding="utf-8"))["class_ids"]
        tested = result["test_last_epoch"]
        of_classes = [tested["per_class"][name]["correct"] / tested["per_class"][name]["images"] for name in classes]
        self.seconds += result["seconds"]
        shutil.rmtree(folder)
        return Row(network, self.space.macs(network), self.space.parameters(network), seed, tested["loss"],
                   tested["top1"], tuple(of_classes))

    def end(self):
        for process in self.running:
            end_all(process.pid, PATIENCE)
            process.wait()
