"""The demo: a made-up day of fifteen brands, played through the real stack."""
