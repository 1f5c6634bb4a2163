"""How the interpreter identifies itself."""
import sys

# Do not import modules from the current directory.
sys.path = [folder for folder in sys.path if folder]

import json
import platform
import sysconfig

print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": sys.version.split()[0],
    "feature_version": sys.version_info[:2],
    "supported": sys.version_info >= (3, 8),
    # Only builds that can run without the lock have this function. All others have a lock.
    "locked": getattr(sys, "_is_gil_enabled", lambda: True)(),
    # Whether the build could run without the lock. One thread then has the overhead of that, even if there is a lock.
    "free_threaded_build": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
