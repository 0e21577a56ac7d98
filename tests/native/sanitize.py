"""Builds the compiled engine with a sanitizer and runs its tests under it.

``python tests/native/sanitize.py address,undefined thread`` builds and runs once for each
argument, below build/. ``make test-sanitize`` does just that.

What the sanitizers must not look at is CPython and NumPy, which are not built for them: leaks
at exit are not counted, and ``tsan.supp`` names what ThreadSanitizer cannot see through.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIBRARY = {"address,undefined": "libasan.so", "thread": "libtsan.so"}
OPTIONS = {
    "PYTHONMALLOC": "malloc",  # CPython's own pools would hide what goes wrong in a block
    "ASAN_OPTIONS": "detect_leaks=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": f"suppressions={HERE / 'tsan.supp'}:die_after_fork=0",
    "OPENBLAS_NUM_THREADS": "1",
    "NEURONA_THREADS": "4",
}


# Runs at the start of each Python of the tests: an editable install would be found before
# PYTHONPATH is looked at.
FIRST = """\
import sys
sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in type(one).__module__]
"""
WHERE = "import neurona._native as native; print(native.__file__)"


def built(sanitizer: str) -> Path:
    """A folder with the package, its compiled module built with the sanitizer."""
    folder = ROOT / "build" / f"sanitize-{sanitizer.partition(',')[0]}"
    settings = [
        f"cmake.define.NEURONA_SANITIZE={sanitizer}",
        "cmake.build-type=None",
        f"build-dir={folder}-cmake",
    ]
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        + ["--no-deps", "--upgrade", "--target", str(folder)]
        + [f"--config-settings={setting}" for setting in settings]
        + [str(ROOT)],
        check=True,
    )
    if not list((folder / "neurona").glob("_native*")):
        sys.exit("The build failed: pip install -v shows why.")
    (folder / "sitecustomize.py").write_text(FIRST)
    return folder


def run(sanitizer: str, package: Path, arguments: list[str]) -> int:
    """Run the tests; pytest's exit code."""
    compiler = os.environ.get("CXX", "g++")
    libraries = [LIBRARY[sanitizer], "libstdc++.so"]  # where exceptions are looked for at the start
    found = [
        subprocess.run(
            [compiler, f"-print-file-name={library}"], check=True, capture_output=True, text=True
        ).stdout.strip()
        for library in libraries
    ]
    environment = {
        **os.environ,
        **OPTIONS,
        "LD_PRELOAD": " ".join(found),
        # by the environment: some tests start Python or pytest themselves
        "PYTHONPATH": os.pathsep.join([str(package), str(ROOT / "tests")]),
        "PYTEST_ADDOPTS": f"-o 'pythonpath={package} {ROOT / 'tests'}'",
    }
    loaded = subprocess.run(
        [sys.executable, "-c", WHERE], check=True, capture_output=True, text=True, env=environment
    ).stdout.strip()
    if package not in Path(loaded).parents:
        sys.exit(f"The tests would run {loaded}, not the module in {package}.")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
        + (arguments or [str(ROOT / "tests" / "contract"), "-k", "native or together"]),
        cwd=ROOT,
        env=environment,
    ).returncode


def main(sanitizers: list[str]) -> None:
    """Build, run, and say how long it took."""
    if unknown := set(sanitizers) - LIBRARY.keys():
        sys.exit(f"{min(unknown)!r} is none of {', '.join(LIBRARY)}.")
    for sanitizer in sanitizers:
        began = time.monotonic()
        package = built(sanitizer)
        between = time.monotonic()
        code = run(sanitizer, package, [])
        end = time.monotonic()
        print(f"{sanitizer}: built in {between - began:.0f} s, ran in {end - between:.0f} s")
        if code:
            sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
