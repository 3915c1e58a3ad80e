"""Prints the OpenAPI document: the page's types are made from it (`npm run types` in web/)."""

import sys

from shared.http.openapi import document_bytes

sys.stdout.buffer.write(document_bytes())
