"""One blueprint per module: trigger, service, response.

Libraries that log each request at INFO are told not to, before the first one is made: the exporter
of telemetry sends its requests through one of them, and would export what it logs of each export.
"""

import logging

for _library in ("azure", "msal", "urllib3"):
    logging.getLogger(_library).setLevel(logging.WARNING)
