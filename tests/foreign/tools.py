"""The foreign clients and tools, fetched once into `.cache/foreign/` in the versions of pins.toml.

Each has a folder of its own, named for what it was made from. Where a runtime is absent its tests
are skipped and say so; with CI=true they fail.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

READERS = Path(__file__).with_name("readers")
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "foreign"
PINS = tomllib.loads(Path(__file__).with_name("pins.toml").read_text())
FETCH_S_MAX = 580
JAVA_FLAGS = ("-Xmx700m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Of programs that run for seconds: starting costs most."""
PACKAGES = {
    "java": "default-jre-headless",
    "javac": "default-jdk-headless",
    "mvn": "maven",
    "node": "nodejs",
    "npm": "npm",
    "go": "golang-go",
    "kcat": "kcat",
}
"""Debian's package of each runtime."""


def need(*runtimes: str) -> None:
    """Skip the test where one of these runtimes is absent; fail it with CI=true."""
    absent = [PACKAGES[each] for each in runtimes if shutil.which(each) is None]
    if absent:
        told = f"apt install {' '.join(absent)}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(told)


def environment(name: str) -> Path:
    """The folder of programs of a Python environment of that name in pins.toml."""
    pins = [f"{package}=={version}" for package, version in PINS["pypi"][name].items()]

    def install(folder: Path) -> None:
        uv = Path(sys.executable).with_name("uv")
        _run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, folder)
        _run(uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", *pins)

    return _made(f"python-{name}", pins, install) / "bin"


def javascript() -> Path:
    """The folder of JavaScript's packages, for NODE_PATH."""
    need("node", "npm")
    pins = [f"{package}@{version}" for package, version in PINS["npm"].items()]

    def install(folder: Path) -> None:
        quiet = ("--silent", "--no-save", "--no-audit", "--no-fund")
        _run("npm", "install", *quiet, "--prefix", folder, *pins)

    return _made("javascript", pins, install) / "node_modules"


def go_program() -> Path:
    """The program of readers/go, built."""
    need("go")
    sources = sorted((READERS / "go").glob("*.go"))
    wanted = "".join(f"require {module} {version}\n" for module, version in PINS["go"].items())

    def build(folder: Path) -> None:
        for source in sources:
            shutil.copy(source, folder)
        (folder / "go.mod").write_text(f"module foreign\n\ngo 1.24\n\n{wanted}")
        _run("go", "build", "-o", "reader", ".", folder=folder, settings=go_settings())

    made_from = [wanted, *(source.read_text() for source in sources)]
    return _made("go", made_from, build) / "reader"


def go_settings() -> dict[str, str]:
    """Go's environment: what it fetches and builds stays in the cache."""
    return {
        "GOMODCACHE": str(CACHE / "go-modules"),
        "GOCACHE": str(CACHE / "go-built"),
        "GOFLAGS": "-mod=mod -modcacherw -buildvcs=false -trimpath",
    }


def java_classes() -> str:
    """The class path of Kafka's tools, Apache's Avro and readers/java, compiled."""
    need("java", "javac", "mvn")
    source = READERS / "java" / "Decode.java"
    pom = _pom(PINS["maven"])

    def build(folder: Path) -> None:
        (folder / "pom.xml").write_text(pom)
        goal = ("dependency:copy-dependencies", f"-DoutputDirectory={folder / 'libs'}")
        _run("mvn", "-B", "-q", "-f", folder / "pom.xml", *goal)
        _run("javac", "-nowarn", "-d", folder / "classes", "-cp", f"{folder / 'libs'}/*", source)

    folder = _made("java", [pom, source.read_text()], build)
    return f"{folder / 'classes'}:{folder / 'libs'}/*"


def registry_program() -> Path:
    """The jar that runs Apicurio's registry."""
    need("java", "mvn")
    ((artifact, version),) = PINS["distribution"].items()
    name = artifact.partition(":")[2]

    def unpack(folder: Path) -> None:
        asked = f"-Dartifact={artifact}:{version}:tar.gz:all"
        _run("mvn", "-B", "-q", "dependency:copy", asked, f"-DoutputDirectory={folder}")
        archive = folder / f"{name}-{version}-all.tar.gz"
        shutil.unpack_archive(archive, folder, filter="data")
        archive.unlink()

    return _made("registry", [artifact, version], unpack) / f"{name}-{version}-runner.jar"


def _pom(dependencies: Mapping[str, str]) -> str:
    listed = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId>"
        "<version>{}</version></dependency>".format(*artifact.split(":"), version)
        for artifact, version in dependencies.items()
    )
    return (
        "<project><modelVersion>4.0.0</modelVersion><groupId>org.gueststar</groupId>"
        "<artifactId>foreign</artifactId><version>1</version><packaging>pom</packaging>"
        f"<dependencies>{listed}</dependencies></project>"
    )


def _made(name: str, made_from: list[str], make: Callable[[Path], None]) -> Path:
    """A folder that `make` has filled; a fetch that was cut off begins anew."""
    digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:12]
    folder = CACHE / f"{name}-{digest}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / "ready").touch()
    return folder


def _run(
    *command: str | Path, folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> None:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**os.environ, **(settings or {})},
        capture_output=True,
        text=True,
        timeout=FETCH_S_MAX,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} {command[1]}: {done.stdout}{done.stderr}"
