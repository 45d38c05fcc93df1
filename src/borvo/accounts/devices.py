"""Which browser and system a User-Agent header names, in words that a person knows."""

from borvo.kernel.text import say

# The first mark found decides: most browsers also carry the marks of those that came before them.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_UNKNOWN = say("Unknown browser")


def describe_device(user_agent: str) -> str:
    """Such as "Firefox on Windows". The header is whatever the browser cares to send: a hint, never a proof."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), _UNKNOWN)
    if browser == "Safari" and "Safari/" not in user_agent:
        browser = _UNKNOWN
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return say("%(browser)s on %(system)s", browser=browser, system=system) if system else browser
