"""Offline checks of the Kubernetes manifests, from rendering to posture; talks to no cluster."""
