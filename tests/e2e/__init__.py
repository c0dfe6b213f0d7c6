"""A package, so that one running stack can serve all of its modules and end with the last of them."""
