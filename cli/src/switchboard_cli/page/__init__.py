"""The report as one page: a table, three figures and what every number means, in a file that needs nothing else."""
