"""Real trainings as a check on the simulated ones: the regulatory example, once with each reward of `planted.py`.

    python benchmarks/rehearse/real.py [FOLDER] [STEPS] [REWARD...]

Each is `rft rehearse` with the example's own strict reward as the true metric; SFT is trained once. About three CPU
minutes a reward on one core. Prints one line a reward, and leaves the rollouts in FOLDER.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "regulatory_tools"
REWARDS = ("sound", "mention", "count", "length")


def main() -> None:
    """Rehearse with each reward."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="rehearse-"))
    steps = sys.argv[2] if len(sys.argv) > 2 else "20"
    project = folder / "project"
    shutil.copytree(EXAMPLE, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs"))
    shutil.copy(HERE / "planted.py", project)
    text = (EXAMPLE / "project.yaml").read_text(encoding="utf-8")
    for name in sys.argv[3:] or REWARDS:
        (project / "project.yaml").write_text(
            text.replace("reward: reward.py:reward", f"reward: planted.py:{name}"), encoding="utf-8"
        )
        command = [sys.executable, "-m", "rft", "rehearse", "project.yaml", "--truth", "reward.py:reward"]
        done = subprocess.run(
            [*command, "--steps", steps, "--json", "-o", f"../{name}"],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1):
            print(f"{name}: {done.stderr.strip()}")
            continue
        shutil.copy(project / "runs" / "regulatory-tools" / "rehearsal" / "rollouts.jsonl", folder / name)
        found = json.loads(done.stdout)
        shown = ("agreement_at_first", "agreement", "gained")
        told = {key: found["numbers"].get(key) for key in shown}
        alarms = [(alarm["step"], alarm["detector"]) for alarm in found["alarms"]]
        print(json.dumps({"reward": name, "word": found["word"], "onset": found["onset"], "alarms": alarms, **told}))


if __name__ == "__main__":
    main()
