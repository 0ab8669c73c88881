"""What has to stand in the environment for Gradio: set before it is imported, or before the page."""

from __future__ import annotations

import importlib.util
import os
import urllib.request
from pathlib import Path

PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def hide_socks_proxies() -> list[str]:
    """Hide SOCKS proxies where the package that speaks to them is missing.

    Gradio makes HTTP clients when it is imported, and these fail on such a proxy.

    Returns:
        Names of the variables that were hidden.
    """
    if importlib.util.find_spec("socksio"):
        return []
    hidden = []
    for name in (*PROXIES, *map(str.upper, PROXIES)):
        if os.environ.get(name, "").lower().startswith("socks"):
            del os.environ[name]
            hidden.append(name)
    system = urllib.request.getproxies()  # of the system, where it has settings of its own
    if any(url.lower().startswith("socks") for url in system.values()):
        os.environ["NO_PROXY"] = "*"
        hidden.append("the proxy of the system's settings")
    return hidden


def keep_to_ourselves(files: Path) -> None:
    """Set the folder in which Gradio keeps files. Keep Gradio from calling anybody.

    Args:
        files: the page's, see `VisitFiles`.
    """
    os.environ["GRADIO_TEMP_DIR"] = str(files)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_MCP_SERVER"] = "False"
    os.environ["GRADIO_SSR_MODE"] = "False"
