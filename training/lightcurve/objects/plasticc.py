"""Reads PLAsTiCC's files: the whole training set, and the supernovae of the test set.

The columns are described by the PLAsTiCC team (2018, arXiv:1810.00001), the zero point of FLUXCAL
by Kessler et al. (2019, arXiv:1903.11756). Of the metadata only the photometric redshift, its error
and its distance modulus are read: what a survey can send and what does not give the answer away.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from pyarrow import csv

from schemas.batch import LightCurves
from schemas.errors import ModelError
from training.arrays import Floats, Ints
from training.lightcurve.labels import PLASTICC_TARGETS, SIX_BAND
from training.lightcurve.objects.objects import Objects

FOLDER = "plasticc"
TRAINING = ("plasticc_train_metadata.csv.gz", "plasticc_train_lightcurves.csv.gz")
TEST_SUPERNOVAE = (
    "sniabcii_test_metadata_example.csv.gz",
    "sniabcii_test_lightcurves_example.csv.gz",
)
FLUXCAL_ZERO_POINT = 27.5
NJY_ZERO_POINT = 31.4
NJY_OF_FLUXCAL = 10 ** ((NJY_ZERO_POINT - FLUXCAL_ZERO_POINT) / 2.5)
"""36.3: nJy in one unit of SNANA's FLUXCAL."""
REDSHIFT = ("hostgal_photoz", "hostgal_photoz_err", "distmod")
CURVE = MappingProxyType(
    {
        "object_id": pa.int64(),
        "mjd": pa.float64(),
        "passband": pa.int8(),
        "flux": pa.float64(),
        "flux_err": pa.float64(),
        "detected_bool": pa.int8(),
    }
)


def read_training(data: Path) -> Objects:
    """The 7,848 objects of the training set, in the order of the metadata file.

    Labels are places in SIX_BAND. A Galactic object has photo-z 0, error 0 and no distance
    modulus (NaN), as the files say; see `hidden_zero`. Raises ModelError where a file is missing.
    """
    return _read(data, TRAINING, "target")


def read_test_supernovae(data: Path) -> Objects:
    """The 5,000 supernovae of the test set (Ia, II, Ibc), in the order of their metadata file.

    Their `target` is blinded to 0: the label is `true_target`. Raises ModelError as above.
    """
    return _read(data, TEST_SUPERNOVAE, "true_target")


def hidden_zero(redshift: Floats) -> Floats:
    """The same (n, 3), with a photo-z of exactly 0 treated as missing: all three NaN.

    PLAsTiCC sends 0 for all five Galactic classes and for nothing else; no survey sends that.
    """
    return np.where(redshift[:, :1] == 0, np.nan, redshift)


def _read(data: Path, names: tuple[str, str], target: str) -> Objects:
    about = _table(data / FOLDER / names[0], {"object_id": pa.int64(), target: pa.int64()})
    object_id = about["object_id"].to_numpy()
    place = {value: SIX_BAND.index(label) for value, label in PLASTICC_TARGETS.items()}
    return Objects(
        name=object_id.astype(str),
        label=np.array([place[one] for one in about[target].to_pylist()], np.int64),
        curves=_curves(data / FOLDER / names[1], object_id),
        redshift=_redshift(about),
    )


def _table(path: Path, columns: dict[str, pa.DataType]) -> pa.Table:
    """The table of a file, with `columns` of the types given."""
    if not path.is_file():
        raise ModelError(f"{path}: is missing; name the folder that holds {FOLDER}/ as the data")
    return csv.read_csv(
        path,
        convert_options=csv.ConvertOptions(
            column_types={**dict.fromkeys(REDSHIFT, pa.float64()), **columns}
        ),
    )


def _redshift(about: pa.Table) -> Floats:
    """float64 (n, 3); PLAsTiCC's -9 for "no distance modulus" becomes NaN."""
    columns = np.stack([about[name].to_numpy() for name in REDSHIFT], axis=1)
    columns[columns[:, 2] < 0, 2] = np.nan
    return columns.astype(np.float64)


def _curves(path: Path, object_id: Ints) -> LightCurves:
    """The light curves of the objects asked for, in that order, by rising mjd."""
    table = _table(path, dict(CURVE))
    column = {name: table[name].to_numpy() for name in CURVE}
    by_object = np.lexsort((column["mjd"], column["object_id"]))
    sorted_id = column["object_id"][by_object]
    column = {name: values[by_object] for name, values in column.items()}
    offsets = np.concatenate(([0], np.flatnonzero(np.diff(sorted_id)) + 1, [len(sorted_id)]))
    rows = _places(sorted_id[offsets[:-1]], object_id, path)
    return LightCurves(
        offsets.astype(np.int64),
        column["mjd"],
        column["passband"],
        column["flux"] * NJY_OF_FLUXCAL,
        column["flux_err"] * NJY_OF_FLUXCAL,
        np.full(len(sorted_id), np.nan),
        column["detected_bool"] == 1,
    ).take(rows)


def _places(there: Ints, wanted: Ints, path: Path) -> Ints:
    """Where each object asked for stands among those there, which rise."""
    rows = np.searchsorted(there, wanted)
    found = there[np.minimum(rows, len(there) - 1)] == wanted
    if not found.all():
        missing = wanted[~found][0]
        raise ModelError(f"{path}: has no points of object {missing}; take the whole file")
    return rows.astype(np.int64)
