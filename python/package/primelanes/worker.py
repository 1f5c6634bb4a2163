"""What a worker process of ``backend="processes"`` runs: ``python -m primelanes.worker``."""

from primelanes._native import serve

if __name__ == "__main__":
    serve()
