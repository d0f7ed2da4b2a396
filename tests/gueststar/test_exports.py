"""What `import gueststar` gives: everything it promises, soon, and nothing half-loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

import broker.errors
import gueststar
import schemas.errors
from gueststar import _HOMES


@pytest.mark.parametrize("name", gueststar.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(gueststar, name) is not None


def test_every_name_with_a_home_is_exported_and_the_other_way_round() -> None:
    homed = [name for names in _HOMES.values() for name in names]
    errors = {name for module in (schemas.errors, broker.errors) for name in errors_of(module)}
    assert sorted([*homed, *errors]) == sorted(gueststar.__all__)
    assert dir(gueststar) == sorted(gueststar.__all__)


@pytest.mark.parametrize("module", [schemas.errors, broker.errors])
def test_every_error_of_the_tree_is_exported(module: object) -> None:
    assert errors_of(module) <= set(gueststar.__all__)


def errors_of(module: object) -> set[str]:
    return {
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, schemas.errors.GueststarError)
    }


def test_a_name_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(AttributeError, match=r"no 'subscript'.*subscribe"):
        _ = gueststar.subscript


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = (
        *("numba", "numpy", "onnxruntime", "confluent_kafka", "fastavro", "skimage", "typer"),
        *("astropy", "mocpy", "pyarrow", "matplotlib", "pandas"),
    )
    script = f"import sys, gueststar; print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_subscribing_loads_neither_pictures_nor_tables() -> None:
    heavy = ("astropy", "mocpy", "pyarrow", "matplotlib", "pandas", "onnxruntime")
    script = (
        f"import sys, gueststar.subscribe_command; print([m for m in {heavy} if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
