"""From files to deliveries: one module per way of reading a file, pure but for reading it."""
