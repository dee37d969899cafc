"""What `rft rollouts` costs: CPU and memory of a file of graded rollouts, and of one ten times as long.

python benchmarks/rollout_lab.py                    # 1,000,000 rollouts; exit 1 where a budget is exceeded
python benchmarks/rollout_lab.py --rows 100000      # smaller
python benchmarks/rollout_lab.py --json             # for machines
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

GROUP = 8
CPU_S, GROWTH_MB = 60.0, 50.0  # for a million rollouts; from a tenth of the rows to all


def write(path: Path, rows: int) -> Path:
    """Graded rollouts of a training: 500 characters of prompt, three parts, 64 prompts a step."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            file.write(json.dumps(record(number)) + "\n")
    return path


def record(number: int) -> dict[str, object]:
    """One of them."""
    random = Random(f"lab/{number}")
    prompt, sample = divmod(number, GROUP)
    parts = {"format": float(random.random() < 0.9), "names": float(random.random() < 0.5), "values": random.random()}
    answer = f"answer {random.randrange(50)} " * 12
    turns = [{"role": "user", "content": "words " * 80}, {"role": "assistant", "content": answer}]
    score = 0.2 * parts["format"] + 0.3 * parts["names"] + 0.5 * parts["values"]
    made = {"step": 1 + prompt // 64, "tokens": {"prompt": 100, "completion": len(answer) // 4}}
    named = {"rollout_version": 1, "id": f"q{prompt}-{sample}", "row_id": f"q{prompt}", "sample": sample}
    return {**named, "messages": turns, **made, "finish_reason": "stop", "score": score, "parts": parts, "metrics": {}}


def cost(path: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of the command, in a process of its own."""
    code = (
        "import json, resource, sys; from pathlib import Path; from rft.lab import Rollouts, examine;"
        "examine(Rollouts.read([Path(sys.argv[1])]));"
        "used = resource.getrusage(resource.RUSAGE_SELF);"
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    cpu, memory = json.loads(done.stdout)
    return cpu, memory


def main() -> None:
    """Print the figures, and leave with 1 where a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        few = cost(write(Path(folder) / "few.jsonl", options.rows // 10))
        many = cost(write(Path(folder) / "many.jsonl", options.rows))
    figures = {"rows": options.rows, "CPU s": many[0], "us a rollout": 1e6 * many[0] / options.rows}
    figures |= {"MB, a tenth of the rows": few[1], "MB": many[1]}
    print(
        json.dumps(figures, indent=2) if options.json else "\n".join(f"{k:<26}{v:>12,.1f}" for k, v in figures.items())
    )
    exceeded = many[0] > CPU_S * options.rows / 1e6 or many[1] - few[1] > GROWTH_MB
    sys.exit(bool(exceeded))


if __name__ == "__main__":
    main()
