"""A telescope of one's own, by ASCOM Alpaca: pointed, exposed and read out by a thread of ours.

It keeps no record of what it was asked, so what was being observed when the job died has failed,
and is not observed again. `dark` of the options takes dark frames, without pointing anywhere.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from broker.followup_settings import Site
from services.followup.adapters.http_json import JsonClient
from services.followup.adapters.port import (
    CannotTell,
    Found,
    NotReached,
    Refused,
    Result,
    TelescopeError,
)
from services.followup.programme import Observe
from services.followup.requests import Request, State

CLIENT: Final = 21
ASK_S: Final = 0.1
"""How often a device is asked whether it is done."""
SLEW_S_MAX: Final = 300.0
READ_S_MAX: Final = 300.0
DEGREES_PER_HOUR: Final = 15.0
HEADER_BYTES: Final = 44
PIXELS: Final = {1: "<i2", 2: "<i4", 3: "<f8", 4: "<f4", 5: "<u8", 6: "u1", 7: "<i8", 8: "<u2"}
"""By ASCOM's number of a type of transmission."""


class Devices:
    """The devices of one server, each by its number in the options; 0 where none is said."""

    def __init__(self, site: Site, *, answer_s: float) -> None:
        self._client = JsonClient(site.address, headers={}, answer_s=answer_s)
        self._numbers = site.options
        self._count = itertools.count(1)

    def get(self, device: str, what: str) -> Any:  # noqa: ANN401 - JSON
        answer = self._client.get(
            self._path(device, what), ClientID=CLIENT, ClientTransactionID=next(self._count)
        )
        return _value(answer, f"{device} {what}")

    def image(self) -> NDArray[Any]:
        """The camera's image, (x, y)."""
        said, is_bytes = self._client.image(
            self._path("camera", "imagearray"),
            ClientID=CLIENT,
            ClientTransactionID=next(self._count),
        )
        return image_of(said) if is_bytes else np.asarray(_value(json.loads(said), "imagearray"))

    def put(self, device: str, what: str, **form: object) -> None:
        count = next(self._count)
        path = self._path(device, what)
        answer = self._client.put_form(path, ClientID=CLIENT, ClientTransactionID=count, **form)
        _value(answer, f"{device} {what}")

    def until(self, device: str, what: str, wanted: bool, limit_s: float) -> None:
        """Raises Refused where that does not come."""
        deadline_s = time.monotonic() + limit_s
        while bool(self.get(device, what)) is not wanted:
            if time.monotonic() > deadline_s:
                raise Refused(f"{device} {what} is not {wanted} after {limit_s:g} s")
            time.sleep(ASK_S)

    def _path(self, device: str, what: str) -> str:
        return f"/api/v1/{device}/{self._numbers.get(device, '0')}/{what}"


@dataclass
class Run:
    """One observation by the thread."""

    request: Request
    found: Found
    stop: threading.Event


class AlpacaTelescope:
    """A `Telescope` that observes one request at a time, in the order asked."""

    def __init__(
        self,
        site: Site,
        observe: Mapping[str, Observe],
        *,
        answer_s: float,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._devices = Devices(site, answer_s=answer_s)
        self._site = site
        self._observe = observe
        self._now_s = now_s
        self._runs: dict[str, Run] = {}
        self._turn = threading.Lock()

    def submit(self, request: Request) -> Found:
        """Raises NotReached where the devices do not answer: nothing is begun then."""
        try:
            self._devices.put("telescope", "connected", Connected=True)
            self._devices.put("camera", "connected", Connected=True)
        except TelescopeError as error:
            raise NotReached(str(error)) from error
        found = Found(f"{request.id}#{request.attempt}", State.PENDING, "waiting for its window")
        run = Run(request, found, threading.Event())
        self._runs[request.id] = run
        threading.Thread(target=self._observed, args=(run,), daemon=True).start()
        return found

    def find(self, request: Request) -> Sequence[Found]:
        """Raises CannotTell of what another process asked."""
        if request.id not in self._runs:
            raise CannotTell("it was asked by an earlier process of the job")
        return [self._runs[request.id].found]

    def cancel(self, request: Request, reference: str) -> None:
        """What was not begun is not begun; an exposure is ended."""
        run = self._runs.get(request.id)
        if run is not None:
            run.stop.set()

    def _observed(self, run: Run) -> None:
        with self._turn:
            try:
                run.found = self._frames(run)
            except TelescopeError as error:
                run.found = self._ended(run, State.FAILURE_LIMIT_REACHED, str(error))

    def _frames(self, run: Run) -> Found:
        request, observe = run.request, self._observe[run.request.programme]
        if run.stop.wait(max(0.0, request.begin_unix_s - self._now_s())):
            return self._ended(run, State.CANCELED, "given up before it began")
        if self._now_s() > request.end_unix_s:
            return self._ended(run, State.WINDOW_EXPIRED, "another took its time")
        self._point(request)
        told = list[str]()
        for band in observe.bands:
            frame = self._frame(band, observe.exposure_s, run.stop)
            if frame is None:
                return self._ended(run, State.CANCELED, "given up while it was observed")
            told.append(f"{band}: {frame.shape[0]}x{frame.shape[1]}, median {np.median(frame):.1f}")
        result = Result("photometry", text="; ".join(told))
        return Found(run.found.reference, State.COMPLETED, "observed", [result])

    def _point(self, request: Request) -> None:
        put, site = self._devices.put, self._site
        if self._devices.get("telescope", "atpark"):
            put("telescope", "unpark")
        put("telescope", "tracking", Tracking=True)
        if site.options.get("dark"):
            return
        hours = request.ra_deg / DEGREES_PER_HOUR
        put(
            "telescope",
            "slewtocoordinatesasync",
            RightAscension=hours,
            Declination=request.dec_deg,
        )
        self._devices.until("telescope", "slewing", False, SLEW_S_MAX)

    def _frame(self, band: str, exposure_s: float, stop: threading.Event) -> NDArray[Any] | None:
        """An image (x, y); None where it was given up."""
        position = self._site.options.get(f"filter_{band}")
        if position is not None:
            self._devices.put("filterwheel", "connected", Connected=True)
            self._devices.put("filterwheel", "position", Position=int(position))
        light = not self._site.options.get("dark")
        self._devices.put("camera", "startexposure", Duration=exposure_s, Light=light)
        deadline_s = time.monotonic() + exposure_s + READ_S_MAX
        while not self._devices.get("camera", "imageready"):
            if stop.is_set():
                self._devices.put("camera", "abortexposure")
                return None
            if time.monotonic() > deadline_s:
                raise Refused("the camera has no image")
            time.sleep(ASK_S)
        return self._devices.image()

    def _ended(self, run: Run, state: State, reason: str) -> Found:
        return Found(run.found.reference, state, reason)


def image_of(said: bytes) -> NDArray[Any]:
    """ASCOM's ImageBytes: a header of eleven int32, then the pixels. Raises Refused."""
    if len(said) < HEADER_BYTES:
        raise Refused("the camera's image has no header")
    header = np.frombuffer(said, "<i4", 11)
    _, fault, _, _, start, _, kind, rank, *shape = header.tolist()
    if fault or kind not in PIXELS:
        raise Refused(f"the camera says {said[start : start + 200]!r}")
    pixels = np.frombuffer(said, PIXELS[kind], offset=start)
    return pixels.reshape(shape[:rank])


def _value(answer: Any, what: str) -> Any:  # noqa: ANN401 - JSON
    """Raises Refused where the device says that it will not."""
    if not isinstance(answer, dict) or answer.get("ErrorNumber"):
        said = answer.get("ErrorMessage") if isinstance(answer, dict) else answer
        raise Refused(f"{what}: {said!r:.200}")
    return answer.get("Value")
