"""Glossary: every word of the interface that needs one, a sentence or two each."""

from ui.glossary import glossary
from ui.page import begin

begin("glossary")
glossary()
