"""What the tests of the pages share."""

from typing import Any

from streamlit.testing.v1 import AppTest


def texts(app: AppTest) -> str:
    """Everything a page says in words."""
    kinds = (app.title, app.header, app.markdown, app.caption, app.error, app.info, app.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


def done(app: AppTest) -> bool:
    """Whether a verdict stands on the page."""
    return any(sign in texts(app) for sign in "●○◐◒◌")


def button(app: AppTest, start: str) -> Any:
    """The first button whose label begins like this."""
    return next(one for one in app.button if one.label.startswith(start))
