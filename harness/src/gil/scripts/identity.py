"""What the interpreter says of itself."""
import json
import platform
import sys

print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": sys.version.split()[0],
    "supported": sys.version_info >= (3, 8),
    # Only builds that can do without the lock have something to ask; all others have one.
    "locked": getattr(sys, "_is_gil_enabled", lambda: True)(),
}))
