"""Explore."""

from ui.page import begin

begin("explore")
