"""The API as an OpenAPI 3.1 document, made from the models and the table of operations."""

from shared.http.openapi.document import document, document_bytes

__all__ = ["document", "document_bytes"]
