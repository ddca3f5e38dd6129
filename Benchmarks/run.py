"""Compares LakeSQL with other engines on TPC-H, TPC-DS or the Star Schema Benchmark, over the same Parquet files in one run.

Usage: python Benchmarks/run.py --lakesql .build/release/lakesql [--suite tpch] [--scale 1] [--threads 2] [--only Q01 ...]

Each engine runs in a process of its own that executes every query several times and reports the time of each
execution but the first; the engines take turns round by round, because machines drift. Printed are the medians in
milliseconds and LakeSQL's time in that of each peer (below 1: LakeSQL is faster), a line a query; then the geometric
means over the queries that both engines ran, and the peak memory of the processes. Polars and DataFusion can't run all
queries: "-" stands there. Start-up is the time of a whole `select 1` process.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = ROOT / ".build" / "benchmarks"
PEERS = ("DuckDB", "Polars", "DataFusion")
MARK = "== query "


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lakesql", required=True)
    parser.add_argument("--suite", choices=("tpch", "tpcds", "ssb"), default="tpch")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS)
    parser.add_argument("--only", nargs="+", default=[], help="names of queries")
    options = parser.parse_args()
    options.lakesql = str(Path(options.lakesql).resolve())
    python = prepare_environment()
    folder = generate(options.suite, options.scale)
    queries = {path.stem: path.read_text() for path in sorted((folder / "dialect").glob("*.sql"))}
    queries = {name: text for name, text in queries.items() if not options.only or name in options.only}
    print(f"{options.suite} scale {options.scale:g}, Parquet, {options.threads} threads, {options.rounds} rounds of "
          f"{options.repeats} runs")
    times, peaks = compare(queries, folder, python, options)
    report(queries, times, peaks, options.peers)
    start_up(options, python)


def prepare_environment(name="benchmarks"):
    """The Python of an environment that has the packages of a requirements file: the peers, or the suites' sources."""
    folder = ROOT / f".venv-{name}"
    python = folder / "bin" / "python"
    requirements = HERE / ("requirements.txt" if name == "benchmarks" else f"requirements-{name}.txt")
    stamp = folder / ".done"
    if not stamp.exists() or stamp.stat().st_mtime < requirements.stat().st_mtime:
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
        stamp.touch()
    return str(python)


def generate(suite, scale):
    """The folder of a suite's files and queries, made if they are not there."""
    folder = DATA / f"{suite}-{scale:g}"
    if not (folder / ".done").exists():
        python = prepare_environment("suites")
        subprocess.run([python, HERE / "suites.py", suite, folder, "--scale", f"{scale:g}"], check=True)
    return folder


def compare(queries, folder, python, options):
    """The times of all runs by engine and query, and the peak memory by engine in KiB."""
    engines = ("LakeSQL", *options.peers)
    times = {engine: {name: [] for name in queries} for engine in engines}
    peaks = dict.fromkeys(engines, 0)
    for _ in range(options.rounds):
        counts = {}
        for engine in engines:
            if engine == "LakeSQL":
                runs, peak = lakesql(queries, folder, options)
            else:
                runs, peak = peer(engine, list(queries), folder, python, options)
            peaks[engine] = max(peaks[engine], peak)
            for name, run in runs.items():
                times[engine][name] += run["seconds"]
                if counts.setdefault(name, run["rows"]) != run["rows"]:
                    sys.exit(f"{name}: {engine} has {run['rows']} rows, LakeSQL {counts[name]}")
    return times, peaks


def lakesql(queries, folder, options):
    script = "".join(
        f"CREATE TEMPORARY VIEW {table.stem} AS SELECT * FROM parquet.`{table}`;\n"
        for table in sorted(folder.glob("*.parquet")))
    runs = options.repeats + 1
    for name, query in queries.items():
        script += f"SELECT '{MARK}{name}';\n" + f"{query};\n" * runs
    command = [options.lakesql, "-w", str(DATA / "none"), "--threads", str(options.threads), "--format", "csv"]
    command += ["--no-header", "--timing", "-q", "-f", "-"]
    text, error, peak = measured(command, text=script)
    seconds = [float(line.split()[1]) / 1000 for line in error.splitlines() if line.startswith("time: ")]
    seconds = seconds[-len(queries) * (runs + 1):]
    parts = dict(part.split("\n", 1) for part in ("\n" + text).split("\n" + MARK)[1:])
    return {
        name: {"seconds": seconds[index * (runs + 1) + 2:(index + 1) * (runs + 1)],
               "rows": len(parts[name].splitlines()) // runs}
        for index, name in enumerate(queries)
    }, peak


def peer(engine, names, folder, python, options):
    environment = {**os.environ, "POLARS_MAX_THREADS": str(options.threads)}
    command = [python, HERE / "peer.py", engine, folder, str(options.threads), str(options.repeats), *names]
    text, _, peak = measured(command, environment)
    return json.loads(text), peak


def report(queries, times, peaks, peers):
    medians = {
        engine: {name: statistics.median(values) for name, values in runs.items() if values}
        for engine, runs in times.items()
    }
    ratios = {engine: {} for engine in peers}
    print("query   LakeSQL" + "".join(f"{engine:>12}" + "  ratio" for engine in peers))
    for name in queries:
        ours = medians["LakeSQL"][name]
        line = f"{name:6}{ours * 1000:9.1f}"
        for engine in peers:
            theirs = medians[engine].get(name)
            if theirs is None:
                line += f"{'-':>12}{'-':>7}"
                continue
            ratios[engine][name] = ours / theirs
            line += f"{theirs * 1000:12.1f}{ours / theirs:7.2f}"
        print(line)
    for engine in peers:
        shared = ratios[engine]
        if not shared:
            continue
        worst = sorted(shared, key=shared.get, reverse=True)[:5]
        ours, theirs = (statistics.geometric_mean(medians[each][name] for name in shared) for each in ("LakeSQL", engine))
        print(f"geometric mean of {len(shared)} queries: LakeSQL {ours * 1000:.1f} ms, {engine} {theirs * 1000:.1f} ms, "
              f"ratio {ours / theirs:.2f}; highest: " + ", ".join(f"{name} {shared[name]:.2f}" for name in worst))
    print("peak memory: " + ", ".join(f"{engine} {peak / 1024:.0f} MiB" for engine, peak in peaks.items()))


def measured(command, environment=None, text=None):
    """Runs a command; its output and the peak memory of its process in KiB."""
    outputs = [tempfile.TemporaryFile("w+") for _ in range(3)]
    source, output, errors = outputs
    source.write(text or "")
    source.seek(0)
    process = subprocess.Popen(command, stdin=source, stdout=output, stderr=errors, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    output.seek(0)
    errors.seek(0)
    text, error = output.read(), errors.read()
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{text}{error}")
    return text, error, usage.ru_maxrss


def start_up(options, python):
    duckdb = [python, "-c", "import duckdb; duckdb.sql('select 1').fetchall()"]
    for label, command in (("LakeSQL", [options.lakesql, "-e", "select 1"]), ("DuckDB in Python", duckdb)):
        times = []
        for _ in range(30):
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - began)
        print(f"select 1, whole process: {label:16} median {statistics.median(times) * 1000:6.1f} ms")


if __name__ == "__main__":
    main()
