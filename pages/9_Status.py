"""Status: jobs, memory and disk of this process, for whoever runs it."""

from ui.status import status_page

status_page()
