"""A visitor without a browser: one real WebSocket session with the app, speaking Streamlit's own protocol."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

_PATIENCE = 1500.0  # seconds for one run of a page's script


@dataclass
class Visitor:
    """What one visitor sees and has chosen.

    Attributes:
        port: Of the app on this machine.
        faults: Exceptions and error boxes that stood on a page.
        query: The query string of the address.
    """

    port: int
    faults: list[str] = field(default_factory=list)
    query: str = ""
    page: str = ""
    page_hash: str = ""
    widgets: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, WidgetState] = field(default_factory=dict)
    known: dict[str, bytes] = field(default_factory=dict)
    socket: Any = None

    async def connect(self) -> None:
        """Opens the session, with a cookie of its own as a browser has."""
        mask, token = secrets.token_hex(4), secrets.token_hex(16)
        cookie = f"_streamlit_xsrf=2|{mask}|{token}|{int(time.time())}"
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            additional_headers={"Cookie": cookie},
            origin=f"http://127.0.0.1:{self.port}",  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
            open_timeout=120,
            ping_interval=None,
        )

    async def close(self) -> None:
        """Ends the session."""
        await self.socket.close()

    async def open(self, page: str, query: str = "") -> float:
        """Goes to a page; returns the seconds until it stands."""
        self.page, self.page_hash, self.query = page, "", query
        self.widgets, self.chosen = {}, {}
        return await self.rerun()

    def choose(self, key: str, value: str | int) -> None:
        """Sets a widget by the key that the page gave it, for the next run."""
        state = WidgetState(id=self._id(key))
        if isinstance(value, str):
            state.string_value = value
        else:
            state.int_value = value
        self.chosen[state.id] = state

    async def click(self, key: str) -> float:
        """Presses a button."""
        return await self.rerun(WidgetState(id=self._id(key), trigger_value=True))

    async def say(self, key: str, message: str) -> float:
        """Sends a message in a chat field."""
        state = WidgetState(id=self._id(key))
        state.chat_input_value.data = message
        return await self.rerun(state)

    async def rerun(self, *pressed: WidgetState) -> float:
        """Runs the page's script with what is chosen and reads everything that it sends."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.page_name = self.query, self.page_hash, self.page
        state.widget_states.widgets.extend([*self.chosen.values(), *pressed])
        state.context_info.url = f"http://127.0.0.1:{self.port}/{self.page}"
        began = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while not self._take(await asyncio.wait_for(self.socket.recv(), _PATIENCE)):
            pass
        return time.perf_counter() - began

    @property
    def run_id(self) -> str:
        """The run in the address."""
        return parse_qs(self.query).get("run", [""])[0]

    def _id(self, key: str) -> str:
        return next(one for one in self.widgets if one.endswith(f"-{key}"))

    def _take(self, data: bytes) -> bool:
        """Takes one message; returns whether the script has come to its end."""
        message = ForwardMsg()
        message.ParseFromString(data)
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            message.ParseFromString(self.known[message.ref_hash])
            kind = message.WhichOneof("type")
        elif message.hash:
            self.known[message.hash] = data
        if kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._see(message.delta.new_element)
        return bool(kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY)

    def _see(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        inside = getattr(element, kind)
        if kind == "exception":
            self.faults.append(f"{self.page}: {inside.type}: {inside.message}"[:300])
        elif kind == "alert" and inside.format == inside.ERROR:
            self.faults.append(f"{self.page}: {inside.body}"[:300])
        elif getattr(inside, "id", ""):
            self.widgets[inside.id] = getattr(inside, "label", "")
