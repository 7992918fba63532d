"""The worker seen from outside: /metrics, /healthz and /readyz on a port of its own."""

from rocktag.exposing.endpoint import exposed

__all__ = ["exposed"]
