"""A folder of clips, analysed one by one, on this machine or on a cluster, each with one result."""
