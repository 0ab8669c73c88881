"""The recogniser of faces that --identity asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from editor.errors import OptionError

if TYPE_CHECKING:
    from editor.metrics.identity import Recogniser
    from editor.session import Editor


def recogniser_of(editor: Editor) -> Recogniser:
    """Return a recogniser of faces for a domain of faces.

    Raises:
        OptionError: the domain shows none.
        UnavailableError: its packages are not installed.
    """
    from editor.metrics.identity import DlibRecogniser

    if editor.info.subject != "face":
        raise OptionError(f"--identity is of faces; '{editor.info.name}' shows none")
    return DlibRecogniser()
