"""The store: dialogues, results and jobs in a database, media and arrays by content hash in a folder."""
